import { Link } from '@tanstack/react-router';
import { useTranslation } from '@/i18n/use-translation';
import classes from './updates-views.module.css';

const views = [
  { to: '/updates', text: 'updates.by_device' },
  { to: '/updates/by-update', text: 'updates.by_update' },
] as const;

/** The two ways to look at updates, each with an address of its own. */
export function UpdatesViews() {
  const { t } = useTranslation();
  return (
    <nav className={classes.views} aria-label={t('updates.views')}>
      {views.map(({ to, text }) => (
        <Link
          key={to}
          to={to}
          className={classes.view}
          activeOptions={{ exact: true, includeSearch: false }}
        >
          {t(text)}
        </Link>
      ))}
    </nav>
  );
}
