import { Radio, Stack } from '@mantine/core';
import type { Role } from '@/api/types';
import { useTranslation } from '@/i18n/use-translation';
import { roles } from './roles';

interface RoleFieldProps {
  /** Those that the caller may give; the others are not offered. */
  choices: readonly Role[];
  value: Role | '';
  error: string | null;
  onChange: (role: Role) => void;
}

export function RoleField({ choices, value, error, onChange }: RoleFieldProps) {
  const { t } = useTranslation();
  return (
    <Radio.Group
      label={t('users.role')}
      value={value}
      error={error}
      onChange={(chosen) => {
        const role = roles.find((known) => known === chosen);
        if (role) onChange(role);
      }}
    >
      <Stack gap={8} mt={6} mb={4}>
        {roles
          .filter((role) => choices.includes(role))
          .map((role) => (
            <Radio
              key={role}
              value={role}
              label={t(`roles.${role}`)}
              description={t(`role_hints.${role}`)}
            />
          ))}
      </Stack>
    </Radio.Group>
  );
}
