import { Link } from '@tanstack/react-router';
import classes from '@/features/updates/updates-views.module.css';
import { useTranslation } from '@/i18n/use-translation';

const views = [
  { to: '/tasks', text: 'tasks.title' },
  { to: '/actions', text: 'actions.list_title' },
] as const;

/** What runs on each device, and what was asked for on all of them; each has an address. */
export function TasksViews() {
  const { t } = useTranslation();
  return (
    <nav className={classes.views} aria-label={t('tasks.views')}>
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
