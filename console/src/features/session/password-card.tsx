import { Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client, settle } from '@/api/client';
import { keys } from '@/api/keys';
import type { PasswordChange } from '@/api/types';
import { CurrentPasswordField } from '@/components/form/current-password-field';
import { Form } from '@/components/form/form';
import { NewPasswordField } from '@/components/form/new-password-field';
import { newPasswordProblem, shortestPassword } from '@/components/form/rules';
import { mustWait, SubmitButton } from '@/components/form/submit-button';
import { useForm } from '@/components/form/use-form';
import { Card } from '@/components/page';
import { ProblemNote } from '@/components/problem-note';
import { useTranslation } from '@/i18n/use-translation';
import classes from './profile-page.module.css';
import { useSession } from './session';

export function PasswordCard() {
  const { t } = useTranslation();
  const { method } = useSession();
  return (
    <Card title={t('password.title')}>
      {method === 'password' ? <PasswordForm /> : <Text>{t('password.organisation')}</Text>}
    </Card>
  );
}

const empty: PasswordChange = { current_password: '', new_password: '' };

function PasswordForm() {
  const { t } = useTranslation();
  const { user } = useSession();
  const queryClient = useQueryClient();
  const change = useMutation({
    mutationFn: (body: PasswordChange) => settle(client.POST('/api/v1/profile/password', { body })),
    // Other browsers may have been signed out with it.
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.ownSessions }),
  });
  const form = useForm<PasswordChange>({
    initial: empty,
    refusal: change.error,
    problemsOf: ({ current_password, new_password }) => {
      const problem = newPasswordProblem(new_password);
      return {
        current_password: current_password === '' ? t('password.current_missing') : null,
        new_password: problem && t(problem, { count: shortestPassword }),
      };
    },
  });
  const submit = form.submit(() => {
    if (mustWait(change.error)) return;
    change.mutate(form.values, { onSuccess: () => form.kept(empty) });
  });
  return (
    <Form form={form} request={change} onSubmit={submit}>
      <Stack gap="md" maw={400}>
        {form.note !== null && <ProblemNote error={form.note} title={t('password.failed')} />}
        <input type="hidden" autoComplete="username" value={user.email} readOnly />
        <CurrentPasswordField {...form.text('current_password')} />
        <NewPasswordField {...form.text('new_password')} />
        <Group gap="sm">
          <SubmitButton busy={change.isPending} refusal={change.error}>
            {t('password.change')}
          </SubmitButton>
          <span role="status" className={classes.status}>
            {change.isSuccess && !form.dirty && t('password.changed')}
          </span>
        </Group>
      </Stack>
    </Form>
  );
}
