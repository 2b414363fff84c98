import { NativeSelect, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { InvitedUser, Role } from '@/api/types';
import { Form } from '@/components/form/form';
import { FormButtons } from '@/components/form/form-buttons';
import { FormDialog } from '@/components/form/form-dialog';
import { emailProblem } from '@/components/form/rules';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { useSession } from '@/features/session/session';
import { ClientsField } from '@/features/tenants/clients-field';
import { useTenants } from '@/features/tenants/tenants';
import { isLanguage, type Language, languages } from '@/i18n';
import { useTranslation } from '@/i18n/use-translation';
import { IssuedLinkNote } from './issued-link';
import { RoleField } from './role-field';
import { useInviteUser } from './users';

interface InviteDialogProps {
  tenantId: string | undefined;
  onClose: () => void;
}

export function InviteDialog({ tenantId, onClose }: InviteDialogProps) {
  const { t } = useTranslation();
  const [invited, setInvited] = useState<InvitedUser | null>(null);
  const title = invited
    ? t('users.invited_title', { name: invited.user.name })
    : t('users.invite_title');
  return (
    <FormDialog title={title} onClose={onClose}>
      {invited ? (
        <IssuedLinkNote link={invited.invitation} email={invited.user.email} />
      ) : (
        <InviteForm tenantId={tenantId} onInvited={setInvited} />
      )}
    </FormDialog>
  );
}

interface Draft {
  name: string;
  email: string;
  tenantId: string;
  role: Role | '';
  language: Language;
  clients: string[] | null;
}

interface InviteFormProps {
  tenantId: string | undefined;
  onInvited: (invited: InvitedUser) => void;
}

function InviteForm({ tenantId, onInvited }: InviteFormProps) {
  const { t, language } = useTranslation();
  const session = useSession();
  const tenants = useTenants();
  const invite = useInviteUser();
  const form = useForm<Draft>({
    initial: {
      name: '',
      email: '',
      tenantId: tenantId ?? session.tenant.id,
      role: '',
      language: isLanguage(language) ? language : 'en',
      clients: null,
    },
    refusal: invite.error,
    names: { tenantId: 'tenant_id', clients: 'client_ids' },
    problemsOf: ({ name, email, role, clients }) => {
      const address = email.trim() === '' ? 'users.email_missing' : emailProblem(email);
      return {
        name: name.trim() === '' ? t('users.name_missing') : null,
        email: address && t(address),
        role: role === '' ? t('users.role_missing') : null,
        clients: clients?.length === 0 ? t('clients.missing') : null,
      };
    },
  });
  const { values } = form;
  const ofProvider = isProvider(values.tenantId);

  function isProvider(id: string): boolean {
    if (id === session.tenant.id) return session.tenant_kind === 'provider';
    return tenants.find((tenant) => tenant.id === id)?.kind === 'provider';
  }

  const submit = form.submit(() => {
    if (values.role === '') return;
    invite.mutate(
      {
        tenant_id: values.tenantId,
        email: values.email.trim(),
        name: values.name.trim(),
        role: values.role,
        language: values.language,
        client_ids: ofProvider ? values.clients : null,
      },
      { onSuccess: onInvited },
    );
  });
  return (
    <Form form={form} request={invite} onSubmit={submit}>
      <Stack gap="md">
        {form.note !== null && <ProblemNote error={form.note} />}
        <TextInput
          {...form.text('name')}
          label={t('users.name')}
          autoComplete="off"
          maxLength={100}
          data-autofocus
        />
        <TextInput
          {...form.text('email')}
          label={t('users.email')}
          type="email"
          autoComplete="off"
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
        {ofProvider && tenants.length > 1 && (
          <ClientsField
            value={values.clients}
            error={form.errorOf('clients')}
            onChange={(clients) => form.change({ clients })}
          />
        )}
        <NativeSelect
          label={t('users.language')}
          description={t('users.language_hint')}
          value={values.language}
          data={languages.map((choice) => ({ value: choice, label: t(`languages.${choice}`) }))}
          onChange={({ currentTarget: { value } }) => {
            if (isLanguage(value)) form.change({ language: value });
          }}
        />
        <FormButtons
          submit={t('users.invite_submit')}
          busy={invite.isPending}
          refusal={invite.error}
        />
      </Stack>
    </Form>
  );
}
