import { IconCircle, IconCircleFilled, IconRefresh } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import type { Device } from '@/api/types';
import { RelativeTime, useExactTime } from '@/components/relative-time';
import { StateBadge } from '@/components/state-badge';
import { hresultText, isHresult, reasonText, signalText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { useNow } from '@/util/use-now';
import classes from './device-cells.module.css';
import { OpenTasks } from './open-tasks';

interface CellProps {
  device: Device;
}

export function Connection({ device }: CellProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const exact = useExactTime();
  const now = useNow();
  if (device.connection === 'online') {
    return (
      <span className={classes.connection} data-online="true">
        <IconCircleFilled size={9} aria-hidden />
        {t('devices.online')}
      </span>
    );
  }
  const seen = device.last_seen_at;
  const hint = seen
    ? t('devices.offline_since', { time: exact(seen, device.time_zone) })
    : undefined;
  return (
    <span className={classes.connection} data-hint={hint}>
      <IconCircle size={9} stroke={3} aria-hidden />
      {t('devices.offline')}
      {seen && <span className={classes.since}>{`· ${format.relative(seen, now)}`}</span>}
    </span>
  );
}

interface DeviceNameProps extends CellProps {
  compact: boolean;
  /** The tenant is worth a word only where several are on screen. */
  showTenant: boolean;
  /** Where other columns tell contact and place. */
  nameOnly?: boolean;
}

export function DeviceName({ device, compact, showTenant, nameOnly }: DeviceNameProps) {
  const places = [showTenant ? device.tenant.name : null, device.group?.name ?? null].filter(
    (place) => place !== null,
  );
  return (
    <div className={classes.device} data-compact={compact}>
      <Link to="/devices/$deviceId" params={{ deviceId: device.id }} className={classes.hostname}>
        {device.hostname}
      </Link>
      {!nameOnly && (!compact || device.connection === 'offline' || device.open_tasks > 0) && (
        <span className={classes.below}>
          <Connection device={device} />
          <OpenTasks device={device} />
          {!compact && places.length > 0 && (
            <span className={classes.place} data-hint={places.join(' › ')}>
              {places.join(' › ')}
            </span>
          )}
        </span>
      )}
    </div>
  );
}

/** The maker's name says nothing that "Windows" does not. */
export function shortSystemName(name: string): string {
  return name.replace(/^Microsoft (?=Windows)/, '');
}

export function OperatingSystem({ device, compact }: CellProps & { compact: boolean }) {
  const { name, version } = device.os;
  return (
    <div className={classes.stack} data-hint={`${name} ${version}`}>
      <span className={classes.cut} data-cut>
        {shortSystemName(name)}
      </span>
      {!compact && <span className={`${classes.dim} ${classes.cut}`}>{version}</span>}
    </div>
  );
}

/** An unknown number is never shown as none; definitions are a word beside it. */
export function PendingUpdates({ device }: CellProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const exact = useExactTime();
  const { total, security, definitions } = device.pending_updates;
  const scannedAt = device.scan.scanned_at;
  if (total === null || total === undefined) {
    return (
      <StateBadge tone="unknown" hint={t('updates.unknown_hint')}>
        {t('common.unknown')}
      </StateBadge>
    );
  }
  const hints = [
    definitions ? t('updates.definition_count', { count: definitions }) : null,
    device.scan.state === 'failed' && scannedAt
      ? t('updates.stale', { time: exact(scannedAt, device.time_zone) })
      : null,
  ];
  const hint = hints.filter((text) => text !== null).join('\n') || undefined;
  if (total === 0) {
    return device.scan.state === 'failed' ? (
      <span className={classes.dim} data-hint={hint}>
        {format.number(0)}
      </span>
    ) : (
      <StateBadge tone="ok" hint={hint}>
        {t('updates.up_to_date')}
      </StateBadge>
    );
  }
  return (
    <Link
      to="/devices/$deviceId"
      params={{ deviceId: device.id }}
      search={{ tab: 'updates' }}
      className={classes.pending}
      data-hint={hint}
    >
      <strong>{format.number(total)}</strong>
      {typeof security === 'number' && security > 0 && (
        <span className={classes.security}>{t('updates.security_count', { count: security })}</span>
      )}
    </Link>
  );
}

export function RequiredRestart({ device }: CellProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const exact = useExactTime();
  const now = useNow();
  const { required, signals, scheduled_at } = device.restart;
  const names = signals.map((signal) => signalText(t, signal.name)).join('\n');
  if (scheduled_at) {
    return (
      <StateBadge tone="waiting" hint={exact(scheduled_at, device.time_zone)}>
        {t('updates.restart_scheduled', { time: format.relative(scheduled_at, now) })}
      </StateBadge>
    );
  }
  if (required === 'unknown') {
    return (
      <StateBadge tone="unknown" hint={t('updates.restart_unknown_hint')}>
        {t('common.unknown')}
      </StateBadge>
    );
  }
  if (required === 'no') return <span className={classes.dim}>{t('common.no')}</span>;
  return (
    <StateBadge tone="attention" icon={IconRefresh} hint={names || undefined}>
      {t('common.yes')}
    </StateBadge>
  );
}

function scanFailureText(t: TFunction, device: Device): string {
  const { error_code, error_detail } = device.scan;
  const detail = error_detail ?? null;
  if (detail !== null && isHresult(detail)) {
    const { title, remedy, name } = hresultText(t, detail);
    return [title, remedy, [detail, name].filter(Boolean).join(' · ')].join('\n');
  }
  const { title, remedy } = reasonText(t, error_code ?? 'scan_failed');
  return [title, remedy, detail].filter((part) => part !== null).join('\n');
}

export function LastScan({ device, compact }: CellProps & { compact: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const { state, scanned_at, attempted_at } = device.scan;
  if (state === 'never') {
    return <StateBadge tone="unknown">{t('updates.scan_never')}</StateBadge>;
  }
  if (state === 'succeeded') {
    return scanned_at ? (
      <RelativeTime at={scanned_at} deviceZone={device.time_zone} />
    ) : (
      <StateBadge tone="unknown">{t('common.unknown')}</StateBadge>
    );
  }
  const attempted = attempted_at ? format.relative(attempted_at, now) : '';
  return (
    <div className={classes.stack}>
      <StateBadge
        tone="failed"
        hint={t('updates.scan_failed_hint', { reason: scanFailureText(t, device) })}
      >
        {t('updates.scan_failed', { time: attempted }).trim()}
      </StateBadge>
      {!compact && (
        <span className={`${classes.dim} ${classes.cut}`}>
          {scanned_at
            ? t('updates.scan_last_success', { time: format.relative(scanned_at, now) })
            : t('updates.scan_no_success')}
        </span>
      )}
    </div>
  );
}
