import { IconAlertOctagon, IconAlertTriangle, IconBell, IconUserCheck } from '@tabler/icons-react';
import type { Alert } from '@/api/types';
import { RelativeTime } from '@/components/relative-time';
import { StateBadge } from '@/components/state-badge';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { detail, headline } from './alert-words';
import classes from './alerts.module.css';
import { NextStep } from './next-step';

const severities = {
  critical: { tone: 'failed', icon: IconAlertOctagon },
  warning: { tone: 'attention', icon: IconAlertTriangle },
} as const;

/** Of what is closed the severity is history, and stands back. */
export function AlertSeverity({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const { tone, icon } = severities[alert.severity];
  return (
    <StateBadge tone={alert.state === 'closed' ? 'neutral' : tone} icon={icon}>
      {t(`alerts.severities.${alert.severity}`)}
    </StateBadge>
  );
}

/** What happened, why, since when, and where to do something about it. */
export function AlertStory({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { text, remedy, codes } = detail(t, format, alert);
  const failures = alert.cause.kind === 'update_failed' ? alert.cause.failures : 0;
  return (
    <div className={classes.story}>
      <div className={classes.headline}>{headline(t, alert)}</div>
      <div className={classes.detail} data-hint={remedy ? `${text}\n${remedy}` : undefined}>
        {text}
        {codes.map((code) => (
          <code key={code}>{code}</code>
        ))}
      </div>
      <div className={classes.foot}>
        {alert.state !== 'closed' && <NextStep alert={alert} />}
        <span>
          {t(`alerts.since.${sinceWhat(alert)}`)} <RelativeTime at={alert.since} />
        </span>
        {failures > 1 && <span>{t('alerts.attempts', { count: failures })}</span>}
      </div>
    </div>
  );
}

/** What happened when the cause began; a device that never scanned has no last success. */
function sinceWhat({ cause }: Alert) {
  return cause.kind === 'scan_failing' && cause.never_succeeded ? 'enrolled' : cause.kind;
}

/** Where it stands, and who knows of it. */
export function AlertStanding({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const { state, acknowledgement, closed_at } = alert;
  const word = t(`alerts.states.${state}`);
  return (
    <div className={classes.standing}>
      {state === 'open' && (
        <StateBadge tone="waiting" icon={IconBell}>
          {word}
        </StateBadge>
      )}
      {state === 'acknowledged' && (
        <StateBadge tone="neutral" icon={IconUserCheck}>
          {word}
        </StateBadge>
      )}
      {state === 'closed' && (
        <>
          <StateBadge tone="ok" hint={t('alerts.closed_hint')}>
            {word}
          </StateBadge>
          {closed_at && (
            <span className={classes.dim}>
              <RelativeTime at={closed_at} />
            </span>
          )}
        </>
      )}
      {acknowledgement && (
        <span className={classes.dim}>
          {`${acknowledgement.by} · `}
          <RelativeTime at={acknowledgement.at} />
        </span>
      )}
      {acknowledgement?.note && (
        <q className={classes.note} data-hint={acknowledgement.note}>
          {acknowledgement.note}
        </q>
      )}
    </div>
  );
}
