import { Link } from '@tanstack/react-router';
import classes from '@/features/updates/updates-views.module.css';
import { useTranslation } from '@/i18n/use-translation';

const views = [
  { to: '/settings/update-policies', text: 'policies.views.rules' },
  { to: '/settings/update-policies/approvals', text: 'policies.views.decisions' },
  { to: '/settings/update-policies/rings', text: 'policies.views.rollouts' },
] as const;

/** The three sides of policies, each with an address of its own. */
export function PoliciesViews() {
  const { t } = useTranslation();
  return (
    <nav className={classes.views} aria-label={t('policies.views.label')}>
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
