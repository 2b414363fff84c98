import { NativeSelect, NumberInput, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { IssuedEnrollmentToken } from '@/api/types';
import { DoneButton } from '@/components/form/done-button';
import { Form } from '@/components/form/form';
import { FormButtons } from '@/components/form/form-buttons';
import { FormDialog } from '@/components/form/form-dialog';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { useSession } from '@/features/session/session';
import { useGroupOptions, useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { useCreateEnrollmentToken } from './enrollment-tokens';
import { InstallCommands } from './install-commands';

interface NewTokenDialogProps {
  tenantId: string | undefined;
  onClose: () => void;
}

export function NewTokenDialog({ tenantId, onClose }: NewTokenDialogProps) {
  const { t } = useTranslation();
  const [created, setCreated] = useState<IssuedEnrollmentToken | null>(null);
  const title = created
    ? t('enrollment.created_title', { name: created.enrollment_token.name })
    : t('enrollment.create_title');
  return (
    <FormDialog title={title} size={created ? 760 : 460} onClose={onClose}>
      {created ? (
        <Stack gap="md">
          <InstallCommands created={created} />
          <DoneButton />
        </Stack>
      ) : (
        <NewTokenForm tenantId={tenantId} onCreated={setCreated} />
      )}
    </FormDialog>
  );
}

interface Draft {
  name: string;
  tenantId: string;
  groupId: string;
  hours: number;
  uses: number | '';
}

const validities = [1, 8, 24, 72, 168, 720, 2_160, 8_760] as const;
const hoursPerDay = 24;

function useValidityText(): (hours: number) => string {
  const { t } = useTranslation();
  return (hours) =>
    hours < 2 * hoursPerDay
      ? t('enrollment.hours', { count: hours })
      : t('enrollment.days', { count: hours / hoursPerDay });
}

interface NewTokenFormProps {
  tenantId: string | undefined;
  onCreated: (created: IssuedEnrollmentToken) => void;
}

function NewTokenForm({ tenantId, onCreated }: NewTokenFormProps) {
  const { t } = useTranslation();
  const session = useSession();
  const tenants = useTenants();
  const create = useCreateEnrollmentToken();
  const validityText = useValidityText();
  const form = useForm<Draft>({
    initial: {
      name: '',
      tenantId: tenantId ?? session.tenant.id,
      groupId: '',
      hours: hoursPerDay,
      uses: '',
    },
    refusal: create.error,
    names: {
      tenantId: 'tenant_id',
      groupId: 'group_id',
      hours: 'expires_in_hours',
      uses: 'max_uses',
    },
    problemsOf: ({ name }) => ({
      name: name.trim() === '' ? t('enrollment.name_missing') : null,
    }),
  });
  const { values } = form;
  const groups = useGroupOptions(values.tenantId);
  const submit = form.submit(() => {
    create.mutate(
      {
        name: values.name.trim(),
        tenant_id: values.tenantId,
        group_id: values.groupId === '' ? null : values.groupId,
        expires_in_hours: values.hours,
        max_uses: values.uses === '' ? null : values.uses,
      },
      { onSuccess: onCreated },
    );
  });

  return (
    <Form form={form} request={create} onSubmit={submit}>
      <Stack gap="md">
        {form.note !== null && <ProblemNote error={form.note} />}
        <TextInput
          {...form.text('name')}
          label={t('enrollment.name')}
          description={t('enrollment.name_hint')}
          autoComplete="off"
          maxLength={100}
          data-autofocus
        />
        {tenants.length > 1 && (
          <NativeSelect
            label={t('enrollment.tenant')}
            value={values.tenantId}
            error={form.errorOf('tenantId')}
            data={tenants.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(event) => form.change({ tenantId: event.currentTarget.value, groupId: '' })}
          />
        )}
        {groups.length > 0 && (
          <NativeSelect
            label={t('enrollment.group')}
            description={t('enrollment.group_hint')}
            value={values.groupId}
            error={form.errorOf('groupId')}
            data={[{ value: '', label: t('enrollment.no_group') }, ...groups]}
            onChange={(event) => form.change({ groupId: event.currentTarget.value })}
          />
        )}
        <NativeSelect
          label={t('enrollment.expires')}
          value={String(values.hours)}
          error={form.errorOf('hours')}
          data={validities.map((hours) => ({ value: String(hours), label: validityText(hours) }))}
          onChange={(event) => form.change({ hours: Number(event.currentTarget.value) })}
        />
        <NumberInput
          label={t('enrollment.uses')}
          description={t('enrollment.uses_hint')}
          min={1}
          max={100_000}
          allowDecimal={false}
          allowNegative={false}
          hideControls
          value={values.uses}
          error={form.errorOf('uses')}
          onChange={(value) => form.change({ uses: typeof value === 'number' ? value : '' })}
        />
        <FormButtons
          submit={t('enrollment.submit')}
          busy={create.isPending}
          refusal={create.error}
        />
      </Stack>
    </Form>
  );
}
