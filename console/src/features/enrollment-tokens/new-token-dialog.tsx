import { Button, Group, Modal, NativeSelect, NumberInput, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { toApiError } from '@/api/problem';
import type { IssuedEnrollmentToken } from '@/api/types';
import { ProblemNote } from '@/components/problem-note';
import { useSession } from '@/features/session/session';
import { useGroupOptions, useTenants } from '@/features/tenants/tenants';
import { fieldErrorText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useCreateEnrollmentToken } from './enrollment-tokens';
import { InstallCommands } from './install-commands';

interface NewTokenDialogProps {
  opened: boolean;
  tenantId: string | undefined;
  onClose: () => void;
}

export function NewTokenDialog({ opened, tenantId, onClose }: NewTokenDialogProps) {
  const { t } = useTranslation();
  const [created, setCreated] = useState<IssuedEnrollmentToken | null>(null);
  const close = () => {
    setCreated(null);
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      size={created ? 760 : 460}
      // The token is shown once: a stray click must not lose it.
      closeOnClickOutside={created === null}
      title={
        created
          ? t('enrollment.created_title', { name: created.enrollment_token.name })
          : t('enrollment.create_title')
      }
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {created ? (
        <Stack gap="md">
          <InstallCommands created={created} />
          <Group justify="flex-end">
            <Button onClick={close}>{t('enrollment.done')}</Button>
          </Group>
        </Stack>
      ) : (
        <NewTokenForm tenantId={tenantId} onCreated={setCreated} onCancel={close} />
      )}
    </Modal>
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
  onCancel: () => void;
}

function NewTokenForm({ tenantId, onCreated, onCancel }: NewTokenFormProps) {
  const { t } = useTranslation();
  const session = useSession();
  const tenants = useTenants();
  const [draft, setDraft] = useState<Draft>({
    name: '',
    tenantId: tenantId ?? session.tenant.id,
    groupId: '',
    hours: hoursPerDay,
    uses: '',
  });
  const [checked, setChecked] = useState(false);
  const groups = useGroupOptions(draft.tenantId);
  const create = useCreateEnrollmentToken();
  const validityText = useValidityText();
  const change = (values: Partial<Draft>) => setDraft({ ...draft, ...values });
  const refused = create.error ? toApiError(create.error).fieldErrors : new Map<string, string>();
  const serverError = (field: string) => {
    const code = refused.get(field);
    return code === undefined ? null : fieldErrorText(t, code);
  };
  const nameMissing = draft.name.trim() === '';

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (nameMissing) return;
    create.mutate(
      {
        name: draft.name.trim(),
        tenant_id: draft.tenantId,
        group_id: draft.groupId === '' ? null : draft.groupId,
        expires_in_hours: draft.hours,
        max_uses: draft.uses === '' ? null : draft.uses,
      },
      { onSuccess: onCreated },
    );
  };

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {create.isError && refused.size === 0 && <ProblemNote error={create.error} />}
        <TextInput
          label={t('enrollment.name')}
          description={t('enrollment.name_hint')}
          data-autofocus
          maxLength={100}
          value={draft.name}
          error={checked && nameMissing ? t('enrollment.name_missing') : serverError('name')}
          onChange={(event) => change({ name: event.currentTarget.value })}
          onBlur={() => setChecked(checked || draft.name !== '')}
        />
        {tenants.length > 1 && (
          <NativeSelect
            label={t('enrollment.tenant')}
            value={draft.tenantId}
            error={serverError('tenant_id')}
            data={tenants.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(event) => change({ tenantId: event.currentTarget.value, groupId: '' })}
          />
        )}
        {groups.length > 0 && (
          <NativeSelect
            label={t('enrollment.group')}
            description={t('enrollment.group_hint')}
            value={draft.groupId}
            error={serverError('group_id')}
            data={[{ value: '', label: t('enrollment.no_group') }, ...groups]}
            onChange={(event) => change({ groupId: event.currentTarget.value })}
          />
        )}
        <NativeSelect
          label={t('enrollment.expires')}
          value={String(draft.hours)}
          error={serverError('expires_in_hours')}
          data={validities.map((hours) => ({ value: String(hours), label: validityText(hours) }))}
          onChange={(event) => change({ hours: Number(event.currentTarget.value) })}
        />
        <NumberInput
          label={t('enrollment.uses')}
          description={t('enrollment.uses_hint')}
          min={1}
          max={100_000}
          allowDecimal={false}
          allowNegative={false}
          hideControls
          value={draft.uses}
          error={serverError('max_uses')}
          onChange={(value) => change({ uses: typeof value === 'number' ? value : '' })}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {t('enrollment.submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
