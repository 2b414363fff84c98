import { Button, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { emailProblem } from '@/components/form/rules';
import { mustWait, SubmitButton } from '@/components/form/submit-button';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { useTranslation } from '@/i18n/use-translation';
import { rememberReturn } from './return-address';

interface OrganisationSignInProps {
  email: string;
  returnTo: string | undefined;
  onBack: () => void;
}

/** The address says which organisation's sign-in service to go to. */
export function OrganisationSignIn({ email, returnTo, onBack }: OrganisationSignInProps) {
  const { t } = useTranslation();
  const start = useMutation({
    mutationFn: (email: string) =>
      unwrap(client.POST('/api/v1/openid-sign-ins', { body: { email } })),
    onSuccess: ({ authorization_url }) => {
      rememberReturn(returnTo);
      window.location.assign(authorization_url);
    },
  });
  const form = useForm({
    initial: { email },
    refusal: start.error,
    problemsOf: (values) => {
      const problem = emailProblem(values.email);
      return { email: problem && t(problem) };
    },
  });
  const submit = form.submit(() => {
    if (!mustWait(start.error)) start.mutate(form.values.email.trim());
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {form.note !== null && <ProblemNote error={form.note} />}
        <TextInput
          {...form.text('email')}
          label={t('sign_in.email')}
          type="email"
          size="sm"
          autoComplete="username"
          autoFocus
        />
        <SubmitButton
          size="sm"
          fullWidth
          // It stays busy until the browser has left.
          busy={start.isPending || start.isSuccess}
          refusal={start.error}
        >
          {t('sign_in.organisation_submit')}
        </SubmitButton>
        <Button variant="subtle" size="sm" onClick={onBack}>
          {t('common.back')}
        </Button>
      </Stack>
    </form>
  );
}
