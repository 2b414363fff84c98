import { Menu } from '@mantine/core';
import { IconChevronDown, IconLogout, IconUserCircle, IconUserCog } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useLeave } from '@/components/form/unsaved';
import classes from '@/components/header-control.module.css';
import { useTranslation } from '@/i18n/use-translation';
import { useSession, useSignOut } from './session';

export function UserMenu() {
  const { t } = useTranslation();
  const { user, tenant, server_version } = useSession();
  const signOut = useSignOut();
  const leave = useLeave();
  return (
    <Menu position="bottom-end" width={250}>
      <Menu.Target>
        <button
          type="button"
          className={classes.control}
          aria-label={t('header.account', { name: user.name })}
        >
          <IconUserCircle size={19} stroke={1.7} aria-hidden />
          <span className={classes.name}>{user.name}</span>
          <IconChevronDown size={14} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.account}>
          <div>{user.email}</div>
          <div className={classes.dim}>{`${t(`roles.${user.role}`)} · ${tenant.name}`}</div>
        </div>
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconUserCog size={16} stroke={1.7} aria-hidden />}
          renderRoot={(props) => <Link to="/settings/profile" {...props} />}
        >
          {t('navigation.profile')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} stroke={1.7} aria-hidden />}
          onClick={() => leave(() => signOut.mutate())}
        >
          {t('header.sign_out')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t('header.version', { version: server_version })}</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  );
}
