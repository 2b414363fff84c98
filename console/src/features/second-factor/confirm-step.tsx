import { Group, Stack, Text } from '@mantine/core';
import { toApiError } from '@/api/problem';
import type { TotpSetup } from '@/api/types';
import { CodeField } from '@/components/form/code-field';
import { CurrentPasswordField } from '@/components/form/current-password-field';
import { Form } from '@/components/form/form';
import { plainCode, totpCodeProblem } from '@/components/form/rules';
import { mustWait, SubmitButton } from '@/components/form/submit-button';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { useSession } from '@/features/session/session';
import { errorText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useRequestTotp } from './second-factor';

interface ConfirmStepProps {
  replacing: boolean;
  onSecret: (secret: TotpSetup) => void;
}

/** Only the person themselves may set up what will prove who they are. */
export function ConfirmStep({ replacing, onSecret }: ConfirmStepProps) {
  const { t } = useTranslation();
  const session = useSession();
  // Who signs in with the organisation has no password here.
  const hasPassword = session.method === 'password';
  const request = useRequestTotp();
  const form = useForm({
    initial: { password: '', code: '' },
    refusal: request.error,
    problemsOf: ({ password, code }) => {
      const codeProblem = replacing ? totpCodeProblem(code) : null;
      return {
        password: hasPassword && password === '' ? t('sign_in.password_missing') : null,
        code: codeProblem && t(codeProblem),
      };
    },
  });
  const refused = request.error ? toApiError(request.error).code : null;
  const wrongCode = refused === 'totp_invalid' ? errorText(t, refused) : null;
  const submit = form.submit(() => {
    if (mustWait(request.error)) return;
    request.mutate(
      {
        password: hasPassword ? form.values.password : '',
        totp_code: replacing ? plainCode(form.values.code) : undefined,
      },
      { onSuccess: onSecret },
    );
  });
  return (
    <Form form={form} request={request} onSubmit={submit}>
      <Stack gap="md">
        {!replacing && <Text>{t('second_factor.intro')}</Text>}
        {replacing && <Text>{t('second_factor.replace_intro')}</Text>}
        {form.note !== null && !wrongCode && <ProblemNote error={form.note} />}
        {hasPassword && (
          <>
            <input type="hidden" autoComplete="username" value={session.user.email} readOnly />
            <CurrentPasswordField {...form.text('password')} size="sm" data-autofocus autoFocus />
          </>
        )}
        {replacing && (
          <CodeField
            size="sm"
            value={form.values.code}
            error={form.errorOf('code') ?? wrongCode}
            onChange={(code) => form.change({ code })}
          />
        )}
        <Group justify="flex-end">
          <SubmitButton size="sm" busy={request.isPending} refusal={request.error}>
            {t('second_factor.continue')}
          </SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}
