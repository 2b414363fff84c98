import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import classes from './alert-badge.module.css';
import { alertCountsQuery } from './alerts';

/** How many alerts wait for somebody, beside their place in the navigation. */
export function AlertBadge() {
  const { t } = useTranslation();
  const format = useFormat();
  const { tenant } = useSearch({ strict: false });
  const { data } = useQuery(alertCountsQuery(tenant));
  if (!data || data.open === 0) return null;
  return (
    <span className={classes.badge} data-critical={data.open_critical > 0}>
      <span aria-hidden>{format.number(data.open)}</span>
      <span className="visually-hidden">{t('alerts.open_count', { count: data.open })}</span>
    </span>
  );
}
