import { PasswordInput, type PasswordInputProps } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';

export function CurrentPasswordField(props: PasswordInputProps) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      label={t('password.current')}
      autoComplete="current-password"
      visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show_password') }}
      {...props}
    />
  );
}
