import { Stack, Text, TextInput } from '@mantine/core';
import { NewPasswordField } from '@/components/form/new-password-field';
import { newPasswordProblem, shortestPassword } from '@/components/form/rules';
import { SubmitButton } from '@/components/form/submit-button';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { useTranslation } from '@/i18n/use-translation';

interface NewPasswordFormProps {
  intro: string;
  email: string;
  submit: string;
  busy: boolean;
  refusal: unknown;
  onSubmit: (password: string) => void;
}

export function NewPasswordForm(props: NewPasswordFormProps) {
  const { t } = useTranslation();
  const form = useForm({
    initial: { password: '' },
    refusal: props.refusal,
    problemsOf: ({ password }) => {
      const problem = newPasswordProblem(password);
      return { password: problem && t(problem, { count: shortestPassword }) };
    },
  });
  return (
    <form onSubmit={form.submit(() => props.onSubmit(form.values.password))} noValidate>
      <Stack gap="md">
        <Text>{props.intro}</Text>
        {form.note !== null && <ProblemNote error={form.note} />}
        {/* Password managers file the new password under this name. */}
        <TextInput
          label={t('sign_in.email')}
          size="sm"
          value={props.email}
          readOnly
          autoComplete="username"
        />
        <NewPasswordField {...form.text('password')} size="sm" autoFocus />
        <SubmitButton size="sm" fullWidth busy={props.busy} refusal={props.refusal}>
          {props.submit}
        </SubmitButton>
      </Stack>
    </form>
  );
}
