import { Button, Stack } from '@mantine/core';
import { useState } from 'react';
import { toApiError } from '@/api/problem';
import { CodeField } from '@/components/form/code-field';
import { anyCodeProblem, type CodeKind, plainCode } from '@/components/form/rules';
import { mustWait, SubmitButton } from '@/components/form/submit-button';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { errorText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { isCodeAsked } from './session';

interface SecondFactorFormProps {
  busy: boolean;
  refusal: unknown;
  onSubmit: (code: string) => void;
  onBack?: () => void;
}

/** The second step of every sign-in: a code of the authenticator, or a recovery code. */
export function SecondFactorForm({ busy, refusal, onSubmit, onBack }: SecondFactorFormProps) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<CodeKind>('totp');
  const form = useForm({
    initial: { code: '' },
    refusal,
    problemsOf: ({ code }) => {
      const problem = anyCodeProblem(code, kind);
      return { code: problem && t(problem) };
    },
  });
  const refused = refusal ? toApiError(refusal) : null;
  const wrong = refused?.code === 'totp_invalid' ? errorText(t, refused.code) : null;
  const submit = form.submit(() => {
    if (mustWait(refusal)) return;
    onSubmit(kind === 'totp' ? plainCode(form.values.code) : form.values.code.trim());
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {refused && !wrong && !isCodeAsked(refused) && <ProblemNote error={refused} />}
        <CodeField
          kind={kind}
          onKind={(next) => {
            setKind(next);
            form.change({ code: '' });
          }}
          size="sm"
          autoFocus
          value={form.values.code}
          error={form.errorOf('code') ?? wrong}
          onChange={(code) => form.change({ code })}
        />
        <SubmitButton size="sm" fullWidth busy={busy} refusal={refusal}>
          {t('sign_in.submit')}
        </SubmitButton>
        {onBack && (
          <Button variant="subtle" size="sm" onClick={onBack}>
            {t('common.back')}
          </Button>
        )}
      </Stack>
    </form>
  );
}
