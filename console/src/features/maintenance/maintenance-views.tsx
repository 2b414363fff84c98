import { IconArrowLeft } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { PageViews } from '@/components/page-views';
import { useCan } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import classes from './maintenance.module.css';

const views = [
  { to: '/maintenance', text: 'maintenance.views.windows' },
  { to: '/maintenance/blackouts', text: 'maintenance.views.blackouts' },
  { to: '/maintenance/coming', text: 'maintenance.views.coming' },
  { to: '/maintenance/tonight', text: 'maintenance.views.tonight' },
] as const;

const feeds = { to: '/maintenance/feeds', text: 'maintenance.views.feeds' } as const;

/** The sides of maintenance, each with an address of its own. */
export function MaintenanceViews() {
  const { t } = useTranslation();
  const mayManage = useCan('manage_maintenance_windows');
  const shown = mayManage ? [...views, feeds] : views;
  return (
    <PageViews
      label={t('maintenance.views.label')}
      views={shown.map(({ to, text }) => ({ to, text: t(text) }))}
    />
  );
}

export function BackToWindows() {
  const { t } = useTranslation();
  return (
    <Link to="/maintenance" className={classes.back}>
      <IconArrowLeft size={14} aria-hidden />
      {t('maintenance.title')}
    </Link>
  );
}

export function BackToBlackouts() {
  const { t } = useTranslation();
  return (
    <Link to="/maintenance/blackouts" className={classes.back}>
      <IconArrowLeft size={14} aria-hidden />
      {t('maintenance.views.blackouts')}
    </Link>
  );
}
