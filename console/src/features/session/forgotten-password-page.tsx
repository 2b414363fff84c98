import { Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { client, settle } from '@/api/client';
import { emailProblem } from '@/components/form/rules';
import { mustWait, SubmitButton } from '@/components/form/submit-button';
import { useForm } from '@/components/form/use-form';
import { LoadingBlock } from '@/components/loading-block';
import { ProblemNote } from '@/components/problem-note';
import { useTranslation } from '@/i18n/use-translation';
import { Entrance, EntranceLinks } from './entrance';
import { signInOptionsQuery } from './session';

export function ForgottenPasswordPage() {
  const { t } = useTranslation();
  const options = useQuery(signInOptionsQuery);
  return (
    <Entrance title={t('forgotten.title')}>
      {options.isPending && <LoadingBlock height={110} />}
      {options.isError && <ProblemNote error={options.error} />}
      {options.data?.password_reset_by_mail && <ResetRequest />}
      {options.data?.password_reset_by_mail === false && (
        <Stack gap="xs">
          <Text>{t('forgotten.no_mail')}</Text>
          <Text>{t('forgotten.no_mail_remedy')}</Text>
        </Stack>
      )}
      <EntranceLinks>
        <Link to="/sign-in">{t('sign_in.back')}</Link>
      </EntranceLinks>
    </Entrance>
  );
}

function ResetRequest() {
  const { t } = useTranslation();
  const request = useMutation({
    mutationFn: (email: string) =>
      settle(client.POST('/api/v1/password-resets', { body: { email } })),
  });
  const form = useForm({
    initial: { email: '' },
    refusal: request.error,
    problemsOf: ({ email }) => {
      const problem = emailProblem(email);
      return { email: problem && t(problem) };
    },
  });
  if (request.isSuccess) {
    return (
      <Stack gap="xs" role="status">
        <Text fw={600}>{t('forgotten.sent', { email: form.values.email.trim() })}</Text>
        <Text>{t('forgotten.sent_hint')}</Text>
      </Stack>
    );
  }
  const submit = form.submit(() => {
    if (!mustWait(request.error)) request.mutate(form.values.email.trim());
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Text>{t('forgotten.intro')}</Text>
        {form.note !== null && <ProblemNote error={form.note} />}
        <TextInput
          {...form.text('email')}
          label={t('sign_in.email')}
          type="email"
          size="sm"
          autoComplete="username"
          autoFocus
        />
        <SubmitButton size="sm" fullWidth busy={request.isPending} refusal={request.error}>
          {t('forgotten.submit')}
        </SubmitButton>
      </Stack>
    </form>
  );
}
