import { Button, type ButtonProps } from '@mantine/core';
import type { ReactNode } from 'react';
import { toApiError } from '@/api/problem';
import { useTranslation } from '@/i18n/use-translation';
import { secondsUntil, useSecondsUntil } from '@/util/countdown';

interface SubmitButtonProps extends Omit<ButtonProps, 'type' | 'loading' | 'disabled'> {
  busy: boolean;
  /** The last refusal; while it asks to wait, the button counts down. */
  refusal: unknown;
  children: ReactNode;
}

function retryAtOf(refusal: unknown): number | null {
  return refusal === null || refusal === undefined ? null : toApiError(refusal).retryAt;
}

/** Whether the server has asked to wait longer; Enter in a field submits past the button. */
export function mustWait(refusal: unknown): boolean {
  return secondsUntil(retryAtOf(refusal), Date.now()) > 0;
}

export function SubmitButton({ busy, refusal, children, ...rest }: SubmitButtonProps) {
  const { t } = useTranslation();
  const seconds = useSecondsUntil(retryAtOf(refusal));
  const waiting = seconds > 0;
  return (
    <Button
      {...rest}
      type="submit"
      loading={busy}
      aria-disabled={waiting || undefined}
      data-disabled={waiting || undefined}
    >
      {waiting ? t('common.try_again_in', { count: seconds }) : children}
    </Button>
  );
}
