import { Stack, Text } from '@mantine/core';
import { toApiError } from '@/api/problem';
import { CodeField } from '@/components/form/code-field';
import { Form } from '@/components/form/form';
import { FormButtons } from '@/components/form/form-buttons';
import { plainCode, totpCodeProblem } from '@/components/form/rules';
import { mustWait } from '@/components/form/submit-button';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { errorText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';

interface CodeFormProps {
  body: string;
  submit: string;
  danger?: boolean;
  request: { isPending: boolean; isSuccess: boolean; error: unknown };
  onSubmit: (code: string) => void;
}

/** Asks for a code of the authenticator before something about it changes. */
export function CodeForm(props: CodeFormProps) {
  const { t } = useTranslation();
  const { request } = props;
  const refusal = request.error;
  const form = useForm({
    initial: { code: '' },
    refusal,
    problemsOf: ({ code }) => {
      const problem = totpCodeProblem(code);
      return { code: problem && t(problem) };
    },
  });
  const refused = refusal ? toApiError(refusal) : null;
  const wrong = refused?.code === 'totp_invalid' ? errorText(t, refused.code) : null;
  const submit = form.submit(() => {
    if (!mustWait(refusal)) props.onSubmit(plainCode(form.values.code));
  });
  return (
    <Form form={form} request={request} onSubmit={submit}>
      <Stack gap="md">
        <Text>{props.body}</Text>
        {refused && !wrong && <ProblemNote error={refused} />}
        <CodeField
          autoFocus
          value={form.values.code}
          error={form.errorOf('code') ?? wrong}
          onChange={(code) => form.change({ code })}
        />
        <FormButtons
          submit={props.submit}
          color={props.danger ? 'red.8' : undefined}
          busy={request.isPending}
          refusal={refusal}
        />
      </Stack>
    </Form>
  );
}
