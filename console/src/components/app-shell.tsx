import { IconMenu2, IconX } from '@tabler/icons-react';
import { Link, Outlet } from '@tanstack/react-router';
import { useState } from 'react';
import { ActionProgress } from '@/features/actions/action-progress';
import { Live } from '@/features/session/live';
import { SessionPreferences } from '@/features/session/preferences';
import { UserMenu } from '@/features/session/user-menu';
import { TenantSwitcher } from '@/features/tenants/tenant-switcher';
import { useTranslation } from '@/i18n/use-translation';
import classes from './app-shell.module.css';
import { LanguageSwitch } from './language-switch';
import { Lighthouse } from './lighthouse';
import { Navigation } from './navigation';
import { SchemeSwitch } from './scheme-switch';

/** What surrounds every page of a signed-in user. */
export function AppShell() {
  const { t } = useTranslation();
  const [navigationOpen, setNavigationOpen] = useState(false);
  const MenuIcon = navigationOpen ? IconX : IconMenu2;
  return (
    <div className={classes.shell}>
      <SessionPreferences />
      <a className={classes.skip} href="#content">
        {t('navigation.skip')}
      </a>
      <header className={classes.header}>
        <button
          type="button"
          className={classes.menuButton}
          aria-expanded={navigationOpen}
          aria-label={t(navigationOpen ? 'navigation.close' : 'navigation.open')}
          onClick={() => setNavigationOpen(!navigationOpen)}
        >
          <MenuIcon size={20} aria-hidden />
        </button>
        <Link to="/updates" className={classes.brand} aria-label={t('header.home')}>
          <Lighthouse />
          <span className={classes.brandName}>{t('common.product')}</span>
        </Link>
        <TenantSwitcher />
        <div className={classes.headerEnd}>
          <LanguageSwitch />
          <SchemeSwitch />
          <UserMenu />
        </div>
      </header>
      <Navigation open={navigationOpen} onNavigate={() => setNavigationOpen(false)} />
      <div className={classes.main}>
        <Live />
        <main id="content" className={classes.content} tabIndex={-1}>
          <Outlet />
        </main>
        <ActionProgress />
      </div>
    </div>
  );
}
