import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import type { DeviceUpdate } from '@/api/types';
import type { DataColumn } from '@/components/table/data-table';
import { useTranslation } from '@/i18n/use-translation';
import type { Format } from '@/util/format';
import classes from './device-updates.module.css';
import { StandingCell } from './standing-cell';
import { Category } from './update-cells';

/** What an administrator searches for: the KB on Windows, the package on Linux. */
function identifier(update: DeviceUpdate): string | null {
  return update.kb ?? update.package ?? null;
}

function UpdateTitle({ update }: { update: DeviceUpdate }) {
  const { t } = useTranslation();
  const id = identifier(update);
  const restart = update.may_restart === 'unknown' ? null : t(`may_restart.${update.may_restart}`);
  const below = [id && id !== update.title ? id : null, restart].filter(Boolean).join(' · ');
  return (
    <div className={classes.title}>
      <span className={classes.name} data-hint={update.title}>
        {update.title}
      </span>
      {below && <span className={classes.dim}>{below}</span>}
    </div>
  );
}

function UpdateVersion({ update }: { update: DeviceUpdate }) {
  const { t } = useTranslation();
  const { installed_version: from, available_version: to } = update;
  if (!to) return null;
  const text = from ? t('updates.version_change', { from, to }) : to;
  return (
    <div className={classes.title} data-hint={text}>
      <span className={classes.name}>{to}</span>
      {from && <span className={classes.dim}>{from}</span>}
    </div>
  );
}

function HistoryLink({ update, deviceId }: { update: DeviceUpdate; deviceId: string }) {
  const { t } = useTranslation();
  return (
    <Link
      to="/devices/$deviceId"
      params={{ deviceId }}
      search={{ tab: 'history', update: update.id }}
      aria-label={t('updates.history_of', { title: update.title })}
    >
      {t('columns.history')}
    </Link>
  );
}

export function deviceUpdatesColumns(
  t: TFunction,
  format: Format,
  updates: readonly DeviceUpdate[],
  deviceId: string,
): DataColumn<DeviceUpdate>[] {
  const withSeverity = updates.some(({ severity }) => severity);
  const withVersion = updates.some(({ available_version }) => available_version);
  const version: DataColumn<DeviceUpdate> = {
    id: 'version',
    meta: { title: t('columns.version'), width: 190 },
    cell: ({ row }) => <UpdateVersion update={row.original} />,
  };
  const severity: DataColumn<DeviceUpdate> = {
    id: 'severity',
    meta: { title: t('columns.severity'), width: 100 },
    cell: ({ row }) => row.original.severity && t(`severities.${row.original.severity}`),
  };
  return [
    {
      id: 'update',
      meta: { title: t('columns.update') },
      cell: ({ row }) => <UpdateTitle update={row.original} />,
    },
    {
      id: 'state',
      meta: { title: t('columns.state'), width: 270 },
      cell: ({ row }) => <StandingCell standing={row.original.standing} />,
    },
    ...(withVersion ? [version] : []),
    {
      id: 'category',
      meta: { title: t('columns.category'), width: 150 },
      cell: ({ row }) => <Category category={row.original.category} />,
    },
    ...(withSeverity ? [severity] : []),
    {
      id: 'size',
      meta: { title: t('columns.size'), width: 92, align: 'end' },
      cell: ({ row }) =>
        typeof row.original.size_bytes === 'number'
          ? format.bytes(row.original.size_bytes)
          : t('common.unknown'),
    },
    {
      id: 'released',
      meta: { title: t('columns.released'), width: 116, align: 'end' },
      cell: ({ row }) =>
        row.original.released_at ? format.date(row.original.released_at) : t('common.unknown'),
    },
    {
      id: 'history',
      meta: { title: t('columns.history'), width: 84 },
      cell: ({ row }) => <HistoryLink update={row.original} deviceId={deviceId} />,
    },
  ];
}
