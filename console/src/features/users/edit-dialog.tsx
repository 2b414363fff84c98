import { Stack, Text, TextInput } from '@mantine/core';
import type { Role, User } from '@/api/types';
import { Form } from '@/components/form/form';
import { FormButtons } from '@/components/form/form-buttons';
import { FormDialog } from '@/components/form/form-dialog';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { useSession } from '@/features/session/session';
import { ClientsField } from '@/features/tenants/clients-field';
import { useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { RoleField } from './role-field';
import { useUpdateUser } from './users';

interface Draft {
  name: string;
  role: Role;
  clients: string[] | null;
}

export function EditDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const tenants = useTenants();
  const update = useUpdateUser(user.id);
  const form = useForm<Draft>({
    initial: {
      name: user.name,
      role: user.role,
      clients: user.clients?.map(({ id }) => id) ?? null,
    },
    refusal: update.error,
    names: { clients: 'client_ids' },
    problemsOf: ({ name, clients }) => ({
      name: name.trim() === '' ? t('users.name_missing') : null,
      clients: clients?.length === 0 ? t('clients.missing') : null,
    }),
  });
  const { values } = form;
  const ofProvider =
    tenants.find(({ id }) => id === user.tenant.id)?.kind === 'provider' && tenants.length > 1;
  const submit = form.submit(() => {
    update.mutate(
      {
        name: values.name.trim(),
        role: values.role,
        client_ids: ofProvider ? values.clients : undefined,
      },
      { onSuccess: onClose },
    );
  });
  return (
    <FormDialog title={t('users.edit_title', { name: user.name })} onClose={onClose}>
      <Form form={form} request={update} onSubmit={submit}>
        <Stack gap="md">
          <Text
            c="dimmed"
            style={{ overflowWrap: 'anywhere' }}
          >{`${user.email} · ${user.tenant.name}`}</Text>
          {form.note !== null && <ProblemNote error={form.note} />}
          <TextInput
            {...form.text('name')}
            label={t('users.name')}
            autoComplete="off"
            maxLength={100}
            data-autofocus
          />
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
          <FormButtons submit={t('common.save')} busy={update.isPending} refusal={update.error} />
        </Stack>
      </Form>
    </FormDialog>
  );
}
