import { PasswordInput, type PasswordInputProps } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';
import { shortestPassword } from './rules';

/** A password to be chosen, with the rule said before it is broken. */
export function NewPasswordField(props: PasswordInputProps) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      label={t('password.new')}
      description={t('password.rule', { count: shortestPassword })}
      autoComplete="new-password"
      visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show_password') }}
      {...props}
    />
  );
}
