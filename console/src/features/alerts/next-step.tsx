import { IconArrowRight } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Alert } from '@/api/types';
import { useTranslation } from '@/i18n/use-translation';
import { headline } from './alert-words';
import classes from './alerts.module.css';

/** The way to where something can be done about it. */
export function NextStep({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const { cause, device } = alert;
  const text = t(`alerts.next.${cause.kind}`);
  const words = (
    <>
      {text}
      <IconArrowRight size={14} aria-hidden />
    </>
  );
  // Links are told apart by what they lead to.
  const label = `${text}: ${device ? `${device.hostname}, ` : ''}${headline(t, alert)}`;
  if (cause.kind === 'rollout_stopped') {
    return (
      <Link
        to="/settings/update-policies/rings"
        search={{ tenant: alert.tenant.id }}
        className={classes.next}
        aria-label={label}
      >
        {words}
      </Link>
    );
  }
  if (!device) return null;
  const search =
    cause.kind === 'update_failed'
      ? ({ tab: 'history', update: cause.update_id } as const)
      : cause.kind === 'update_overdue'
        ? ({ tab: 'updates' } as const)
        : {};
  return (
    <Link
      to="/devices/$deviceId"
      params={{ deviceId: device.id }}
      search={search}
      className={classes.next}
      aria-label={label}
    >
      {words}
    </Link>
  );
}
