import { Group, Stack, Text } from '@mantine/core';
import { QRCodeSVG } from 'qrcode.react';
import { toApiError } from '@/api/problem';
import type { TotpSetup } from '@/api/types';
import { CopyField } from '@/components/copy-field';
import { CodeField } from '@/components/form/code-field';
import { Form } from '@/components/form/form';
import { plainCode, totpCodeProblem } from '@/components/form/rules';
import { mustWait, SubmitButton } from '@/components/form/submit-button';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { errorText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { spacedSecret, useConfirmTotp } from './second-factor';
import classes from './second-factor-setup.module.css';

interface ScanStepProps {
  secret: TotpSetup;
  onConfirmed: (recoveryCodes: readonly string[]) => void;
}

/** The authenticator learns the secret, and proves it with a code. */
export function ScanStep({ secret, onConfirmed }: ScanStepProps) {
  const { t } = useTranslation();
  const confirm = useConfirmTotp();
  const form = useForm({
    initial: { code: '' },
    refusal: confirm.error,
    problemsOf: ({ code }) => {
      const problem = totpCodeProblem(code);
      return { code: problem && t(problem) };
    },
  });
  const refused = confirm.error ? toApiError(confirm.error).code : null;
  const wrongCode = refused === 'totp_invalid' ? errorText(t, refused) : null;
  const submit = form.submit(() => {
    if (mustWait(confirm.error)) return;
    confirm.mutate(plainCode(form.values.code), {
      onSuccess: ({ recovery_codes }) => onConfirmed(recovery_codes),
    });
  });
  return (
    <Form form={form} request={confirm} onSubmit={submit}>
      <Stack gap="md">
        <div className={classes.scan}>
          <div className={classes.qr}>
            <QRCodeSVG
              value={secret.url}
              size={168}
              level="M"
              title={t('second_factor.qr_code')}
              role="img"
            />
          </div>
          <Stack gap="sm" className={classes.instructions}>
            <Text>{t('second_factor.scan_hint')}</Text>
            <Text c="dimmed">{t('second_factor.scan_apps')}</Text>
          </Stack>
        </div>
        <div>
          <Text c="dimmed" mb={6}>
            {t('second_factor.type_hint')}
          </Text>
          <CopyField
            value={secret.secret}
            shown={spacedSecret(secret.secret)}
            label={t('second_factor.secret')}
          />
        </div>
        {confirm.isError && !wrongCode && <ProblemNote error={confirm.error} />}
        <CodeField
          size="sm"
          value={form.values.code}
          error={form.errorOf('code') ?? wrongCode}
          onChange={(code) => form.change({ code })}
        />
        <Group justify="flex-end">
          <SubmitButton size="sm" busy={confirm.isPending} refusal={confirm.error}>
            {t('second_factor.turn_on')}
          </SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}
