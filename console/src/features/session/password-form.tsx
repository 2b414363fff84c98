import { PasswordInput, Stack, TextInput } from '@mantine/core';
import { emailProblem } from '@/components/form/rules';
import { mustWait, SubmitButton } from '@/components/form/submit-button';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { useTranslation } from '@/i18n/use-translation';
import { isCodeAsked } from './session';

interface Credentials {
  email: string;
  password: string;
}

interface PasswordFormProps {
  initial: Credentials;
  busy: boolean;
  refusal: unknown;
  onSubmit: (credentials: Credentials) => void;
}

export function PasswordForm({ initial, busy, refusal, onSubmit }: PasswordFormProps) {
  const { t } = useTranslation();
  const form = useForm<Credentials>({
    initial,
    refusal,
    problemsOf: ({ email, password }) => {
      const address = emailProblem(email);
      return {
        email: address && t(address),
        password: password === '' ? t('sign_in.password_missing') : null,
      };
    },
  });
  const submit = form.submit(() => {
    if (mustWait(refusal)) return;
    onSubmit({ email: form.values.email.trim(), password: form.values.password });
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {form.note !== null && !isCodeAsked(form.note) && <ProblemNote error={form.note} />}
        <TextInput
          {...form.text('email')}
          label={t('sign_in.email')}
          type="email"
          size="sm"
          autoComplete="username"
          autoFocus
        />
        <PasswordInput
          {...form.text('password')}
          label={t('sign_in.password')}
          size="sm"
          autoComplete="current-password"
          visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show_password') }}
        />
        <SubmitButton size="sm" fullWidth busy={busy} refusal={refusal}>
          {t('sign_in.submit')}
        </SubmitButton>
      </Stack>
    </form>
  );
}
