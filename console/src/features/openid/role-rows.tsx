import { ActionIcon, Button, Input, NativeSelect, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { Role } from '@/api/types';
import { roles } from '@/features/users/roles';
import { useTranslation } from '@/i18n/use-translation';
import classes from './openid-page.module.css';
import type { RoleRow } from './openid-rules';

interface RoleRowsProps {
  rows: readonly RoleRow[];
  choices: readonly Role[];
  error: string | null;
  onChange: (rows: RoleRow[]) => void;
}

/** Which value of the claim gives which role. */
export function RoleRows({ rows, choices, error, onChange }: RoleRowsProps) {
  const { t } = useTranslation();
  const offered = choices.map((role) => ({ value: role, label: t(`roles.${role}`) }));
  const replace = (index: number, row: RoleRow) =>
    onChange(rows.map((other, place) => (place === index ? row : other)));
  const lowest = choices.at(-1) ?? 'client_view';
  return (
    <Input.Wrapper
      label={t('openid.roles')}
      description={t('openid.roles_hint')}
      error={error}
      labelElement="div"
    >
      <div className={classes.rows}>
        {rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place.
          <div key={index} className={classes.row}>
            <TextInput
              aria-label={t('openid.role_value', { number: index + 1 })}
              placeholder={t('openid.role_value_placeholder')}
              value={row.value}
              onChange={(event) => replace(index, { ...row, value: event.currentTarget.value })}
            />
            <NativeSelect
              aria-label={t('openid.role_given', { number: index + 1 })}
              value={row.role}
              data={offered}
              onChange={(event) => {
                const role = roles.find((known) => known === event.currentTarget.value);
                if (role) replace(index, { ...row, role });
              }}
            />
            <ActionIcon
              variant="default"
              size={30}
              aria-label={t('openid.role_remove', { number: index + 1 })}
              onClick={() => onChange(rows.filter((_row, place) => place !== index))}
            >
              <IconTrash size={15} aria-hidden />
            </ActionIcon>
          </div>
        ))}
        <Button
          variant="default"
          leftSection={<IconPlus size={15} aria-hidden />}
          onClick={() => onChange([...rows, { value: '', role: lowest }])}
        >
          {t('openid.role_add')}
        </Button>
      </div>
    </Input.Wrapper>
  );
}
