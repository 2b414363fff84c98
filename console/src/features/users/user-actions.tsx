import { Menu } from '@mantine/core';
import {
  IconDevices,
  IconLockOpen,
  IconMail,
  IconShieldOff,
  IconTrash,
  IconUserCheck,
  IconUserOff,
} from '@tabler/icons-react';
import type { User } from '@/api/types';
import { RowButton } from '@/components/guarded-button';
import { GuardedMenuItem } from '@/components/guarded-menu-item';
import { RowMenu } from '@/components/row-menu';
import classes from '@/components/table/cells.module.css';
import { disabledText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';

export type UserTask =
  | 'edit'
  | 'invitation'
  | 'password_reset'
  | 'second_factor'
  | 'sessions'
  | 'disable'
  | 'enable'
  | 'remove';

interface UserActionsProps {
  user: User;
  onTask: (task: UserTask, user: User) => void;
}

export function UserActions({ user, onTask }: UserActionsProps) {
  const { t } = useTranslation();
  const { allowed, reason } = user.change;
  const blocked = allowed ? null : disabledText(t, reason ?? 'forbidden');
  const unless = (possible: boolean, code: string) =>
    blocked ?? (possible ? null : disabledText(t, code));
  const active = user.state === 'active';
  const icon = (Icon: typeof IconMail) => <Icon size={16} stroke={1.7} aria-hidden />;
  return (
    <div className={classes.actions}>
      <RowButton
        reason={blocked}
        aria-label={t('users.edit_named', { name: user.name })}
        onClick={() => onTask('edit', user)}
      >
        {t('common.edit')}
      </RowButton>
      <RowMenu label={t('common.more_for', { name: user.name })}>
        {user.state === 'invited' && (
          <GuardedMenuItem
            reason={blocked}
            icon={icon(IconMail)}
            onClick={() => onTask('invitation', user)}
          >
            {t('users.renew_invitation')}
          </GuardedMenuItem>
        )}
        <GuardedMenuItem
          reason={unless(active, 'user_not_active')}
          icon={icon(IconLockOpen)}
          onClick={() => onTask('password_reset', user)}
        >
          {t('users.password_reset')}
        </GuardedMenuItem>
        <GuardedMenuItem
          reason={unless(user.second_factor === 'on', 'totp_not_on')}
          icon={icon(IconShieldOff)}
          onClick={() => onTask('second_factor', user)}
        >
          {t('users.reset_second_factor')}
        </GuardedMenuItem>
        <GuardedMenuItem
          reason={blocked}
          icon={icon(IconDevices)}
          onClick={() => onTask('sessions', user)}
        >
          {t('users.sessions')}
        </GuardedMenuItem>
        <Menu.Divider />
        {user.state === 'disabled' ? (
          <GuardedMenuItem
            reason={blocked}
            icon={icon(IconUserCheck)}
            onClick={() => onTask('enable', user)}
          >
            {t('users.enable')}
          </GuardedMenuItem>
        ) : (
          <GuardedMenuItem
            reason={blocked}
            icon={icon(IconUserOff)}
            onClick={() => onTask('disable', user)}
          >
            {t('users.disable')}
          </GuardedMenuItem>
        )}
        <GuardedMenuItem
          danger
          reason={blocked}
          icon={icon(IconTrash)}
          onClick={() => onTask('remove', user)}
        >
          {t('users.remove')}
        </GuardedMenuItem>
      </RowMenu>
    </div>
  );
}
