import { NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { IssuedApiToken, Role } from '@/api/types';
import { CopyField } from '@/components/copy-field';
import { DoneButton } from '@/components/form/done-button';
import { Form } from '@/components/form/form';
import { FormButtons } from '@/components/form/form-buttons';
import { FormDialog } from '@/components/form/form-dialog';
import { useLoss } from '@/components/form/unsaved';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { useSession } from '@/features/session/session';
import { ClientsField } from '@/features/tenants/clients-field';
import { useTenants } from '@/features/tenants/tenants';
import { RoleField } from '@/features/users/role-field';
import { useTranslation } from '@/i18n/use-translation';
import { curlExample, useCreateApiToken } from './api-tokens';

interface NewApiTokenDialogProps {
  tenantId: string | undefined;
  onClose: () => void;
}

export function NewApiTokenDialog({ tenantId, onClose }: NewApiTokenDialogProps) {
  const { t } = useTranslation();
  const [created, setCreated] = useState<IssuedApiToken | null>(null);
  const title = created
    ? t('api_tokens.created_title', { name: created.api_token.name })
    : t('api_tokens.create_title');
  return (
    <FormDialog title={title} size={created ? 680 : 480} onClose={onClose}>
      {created ? (
        <IssuedToken token={created.token} />
      ) : (
        <NewApiTokenForm tenantId={tenantId} onCreated={setCreated} />
      )}
    </FormDialog>
  );
}

function IssuedToken({ token }: { token: string }) {
  const { t } = useTranslation();
  const [taken, setTaken] = useState(false);
  useLoss(taken ? null : 'shown_once');
  return (
    <Stack gap="md">
      <Text fw={500}>{t('api_tokens.shown_once')}</Text>
      <CopyField value={token} label={t('api_tokens.token')} onCopy={() => setTaken(true)} />
      <div>
        <Text mb={6} c="dimmed">
          {t('api_tokens.example_hint')}
        </Text>
        <CopyField
          value={curlExample(window.location.origin, token)}
          label={t('api_tokens.example')}
          onCopy={() => setTaken(true)}
        />
      </div>
      <DoneButton />
    </Stack>
  );
}

interface Draft {
  name: string;
  tenantId: string;
  role: Role | '';
  clients: string[] | null;
  days: number;
}

const validities = [7, 30, 90, 180, 366] as const;
const standardValidity = 90;

interface NewApiTokenFormProps {
  tenantId: string | undefined;
  onCreated: (created: IssuedApiToken) => void;
}

function NewApiTokenForm({ tenantId, onCreated }: NewApiTokenFormProps) {
  const { t } = useTranslation();
  const session = useSession();
  const tenants = useTenants();
  const create = useCreateApiToken();
  const form = useForm<Draft>({
    initial: {
      name: '',
      tenantId: tenantId ?? session.tenant.id,
      role: '',
      clients: null,
      days: standardValidity,
    },
    refusal: create.error,
    names: { tenantId: 'tenant_id', clients: 'client_ids', days: 'expires_in_days' },
    problemsOf: ({ name, role, clients }) => ({
      name: name.trim() === '' ? t('api_tokens.name_missing') : null,
      role: role === '' ? t('users.role_missing') : null,
      clients: clients?.length === 0 ? t('clients.missing') : null,
    }),
  });
  const { values } = form;
  const tenant = tenants.find(({ id }) => id === values.tenantId);
  const ofProvider = tenant?.kind === 'provider' && tenants.length > 1;
  const submit = form.submit(() => {
    if (values.role === '') return;
    create.mutate(
      {
        name: values.name.trim(),
        role: values.role,
        tenant_id: values.tenantId,
        client_ids: ofProvider ? values.clients : null,
        expires_in_days: values.days,
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
          label={t('api_tokens.name')}
          description={t('api_tokens.name_hint')}
          autoComplete="off"
          maxLength={100}
          data-autofocus
        />
        {tenants.length > 1 && (
          <NativeSelect
            label={t('users.tenant')}
            value={values.tenantId}
            error={form.errorOf('tenantId')}
            data={tenants.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(event) =>
              form.change({ tenantId: event.currentTarget.value, clients: null })
            }
          />
        )}
        <RoleField
          choices={session.roles}
          value={values.role}
          error={form.errorOf('role')}
          onChange={(role) => form.change({ role })}
        />
        {ofProvider && (
          <ClientsField
            value={values.clients}
            error={form.errorOf('clients')}
            onChange={(clients) => form.change({ clients })}
          />
        )}
        <NativeSelect
          label={t('api_tokens.expires')}
          value={String(values.days)}
          error={form.errorOf('days')}
          data={validities.map((days) => ({
            value: String(days),
            label: t('common.days', { count: days }),
          }))}
          onChange={(event) => form.change({ days: Number(event.currentTarget.value) })}
        />
        <FormButtons
          submit={t('api_tokens.submit')}
          busy={create.isPending}
          refusal={create.error}
        />
      </Stack>
    </Form>
  );
}
