import type { LocalSpan, MaintenanceWindow } from '@/api/types';
import { StateBadge } from '@/components/state-badge';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { useNow } from '@/util/use-now';
import { clockOf, spanText } from './local-span';
import classes from './maintenance.module.css';

/** When a window opens by itself, on its own clock; the exact span is the hint. */
export function NextOpening({ window }: { window: MaintenanceWindow }) {
  const { t } = useTranslation();
  const now = useNow();
  const next = window.next ?? null;
  if (!window.enabled) return null;
  if (next === null) return <span className={classes.dim}>{t('maintenance.never')}</span>;
  const open = Date.parse(next.starts_at) <= now;
  return open ? <Open span={next} /> : <Coming span={next} />;
}

function Open({ span }: { span: LocalSpan }) {
  const { t } = useTranslation();
  const format = useFormat();
  const until = span.local_ends_at;
  const far = until != null && Date.parse(span.ends_at ?? '') - Date.now() > 86_400_000;
  return (
    <StateBadge tone="ok" hint={spanText(t, format, span)}>
      {until == null
        ? t('maintenance.cell.open')
        : t('maintenance.open_until', { time: far ? format.moment(until) : clockOf(until) })}
    </StateBadge>
  );
}

function Coming({ span }: { span: LocalSpan }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  return (
    <>
      <span data-hint={spanText(t, format, span)}>
        {t('maintenance.next', { time: format.relative(span.starts_at, now) })}
      </span>
      <span className={classes.dim}>{format.moment(span.local_starts_at)}</span>
    </>
  );
}
