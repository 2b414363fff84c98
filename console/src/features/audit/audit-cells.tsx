import type { TFunction } from 'i18next';
import type { AuditEvent } from '@/api/types';
import { StateBadge } from '@/components/state-badge';
import classes from '@/components/table/cells.module.css';
import { maintenanceDetailText } from '@/features/maintenance/audit-words';
import {
  actorKindText,
  actorText,
  auditActionText,
  auditDetailText,
  errorText,
  targetKindText,
} from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import type { Format } from '@/util/format';

export function Actor({ event }: { event: AuditEvent }) {
  const { t } = useTranslation();
  const { kind } = event.actor;
  const name = actorText(t, event.actor);
  const kindText = actorKindText(t, kind);
  return (
    <div className={classes.stack}>
      <span className={classes.cut} data-hint={name}>
        {name}
      </span>
      {kind !== 'user' && name !== kindText && <span className={classes.dim}>{kindText}</span>}
    </div>
  );
}

export function ActionName({ event }: { event: AuditEvent }) {
  const { t } = useTranslation();
  return auditActionText(t, event.action);
}

export function targetText(t: TFunction, { target }: AuditEvent): string {
  return target.name ?? targetKindText(t, target.kind);
}

export function Target({ event }: { event: AuditEvent }) {
  const { t } = useTranslation();
  const { kind } = event.target;
  const name = event.target.name ?? null;
  return (
    <div className={classes.stack}>
      <span className={classes.cut} data-hint={name ?? undefined}>
        {targetText(t, event)}
      </span>
      {name !== null && <span className={classes.dim}>{targetKindText(t, kind)}</span>}
    </div>
  );
}

export function Result({ event }: { event: AuditEvent }) {
  const { t } = useTranslation();
  if (event.result === 'succeeded') {
    return <StateBadge tone="ok">{t('audit.succeeded')}</StateBadge>;
  }
  return (
    <div className={classes.stack}>
      <StateBadge tone="failed" hint={errorText(t, event.result)}>
        {t('audit.refused')}
      </StateBadge>
      <span className={classes.dim}>{event.result}</span>
    </div>
  );
}

const instant = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

/** A value as a person reads it: known words in their language, instants on their clock. */
export function detailValueText(
  t: TFunction,
  format: Format,
  detail: AuditEvent['details'][number],
): string {
  const { name, value } = detail;
  if (instant.test(value)) return format.dateTime(value);
  return maintenanceDetailText(t, format, detail) ?? auditDetailText(t, name, value);
}
