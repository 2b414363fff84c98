import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import type { DeviceUpdate, DeviceUpdatePolicy } from '@/api/types';
import type { DataColumn } from '@/components/table/data-table';
import type { DecidedDevice } from '@/features/policies/decision-dialog';
import { DecisionMenu } from '@/features/policies/decision-menu';
import { PolicyCell } from '@/features/policies/policy-cell';
import { useTranslation } from '@/i18n/use-translation';
import type { Format } from '@/util/format';
import classes from './device-updates.module.css';
import { StandingCell } from './standing-cell';
import { useTitle } from './title';
import { Category } from './update-cells';

/** What an administrator searches for: the KB on Windows, the package on Linux. */
function identifier(update: DeviceUpdate): string | null {
  return update.kb ?? update.package ?? null;
}

function UpdateTitle({ update }: { update: DeviceUpdate }) {
  const { t } = useTranslation();
  const title = useTitle()(update);
  const id = identifier(update);
  const restart = update.may_restart === 'unknown' ? null : t(`may_restart.${update.may_restart}`);
  const below = [id && id !== title ? id : null, restart].filter(Boolean).join(' · ');
  return (
    <div className={classes.title}>
      <span className={`${classes.name} ${classes.two}`} data-cut>
        {title}
      </span>
      {below && <span className={`${classes.dim} ${classes.whole}`}>{below}</span>}
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
  const titleOf = useTitle();
  return (
    <Link
      to="/devices/$deviceId"
      params={{ deviceId }}
      search={{ tab: 'history', update: update.id }}
      aria-label={t('updates.history_of', { title: titleOf(update) })}
    >
      {t('columns.history')}
    </Link>
  );
}

interface DeviceUpdatesColumnsOptions {
  t: TFunction;
  format: Format;
  updates: readonly DeviceUpdate[];
  /** What holds for the device; unknown until it is loaded. */
  rules: DeviceUpdatePolicy | undefined;
  /** The ring that each update has reached. */
  rings: ReadonlyMap<string, string>;
  device: DecidedDevice;
  mayDecide: boolean;
}

function KindOfUpdate({ update }: { update: DeviceUpdate }) {
  const { t } = useTranslation();
  return (
    <div className={classes.title}>
      <span>
        <Category category={update.category} />
      </span>
      {update.severity && <span className={classes.dim}>{t(`severities.${update.severity}`)}</span>}
    </div>
  );
}

export function deviceUpdatesColumns(
  options: DeviceUpdatesColumnsOptions,
): DataColumn<DeviceUpdate>[] {
  const { t, format, updates, rules, rings, device, mayDecide } = options;
  const withVersion = updates.some(({ available_version }) => available_version);
  const version: DataColumn<DeviceUpdate> = {
    id: 'version',
    meta: { title: t('columns.version'), width: 144 },
    cell: ({ row }) => <UpdateVersion update={row.original} />,
  };
  // Packages of Linux have no date, and the room that their versions take.
  const withDate = updates.some(({ released_at }) => released_at);
  const released: DataColumn<DeviceUpdate> = {
    id: 'released',
    meta: { title: t('columns.released'), width: 108, align: 'end' },
    cell: ({ row }) =>
      row.original.released_at ? format.date(row.original.released_at) : t('common.unknown'),
  };
  const actions: DataColumn<DeviceUpdate> = {
    id: 'actions',
    meta: { title: t('columns.actions'), width: 66, fixed: true },
    cell: ({ row }) => (
      <DecisionMenu update={row.original} tenantId={device.tenant.id} device={device} />
    ),
  };
  return [
    {
      id: 'update',
      meta: { title: t('columns.update'), atLeast: 200 },
      cell: ({ row }) => <UpdateTitle update={row.original} />,
    },
    {
      id: 'state',
      meta: { title: t('columns.state'), width: 176 },
      cell: ({ row }) => <StandingCell standing={row.original.standing} />,
    },
    {
      id: 'policy',
      meta: { title: t('columns.policy'), width: 150 },
      cell: ({ row }) => (
        <PolicyCell
          update={row.original}
          rules={rules}
          tenant={device.tenant.name}
          ring={rings.get(row.original.id) ?? null}
        />
      ),
    },
    ...(withVersion ? [version] : []),
    {
      id: 'category',
      meta: { title: t('columns.category'), width: 140 },
      cell: ({ row }) => <KindOfUpdate update={row.original} />,
    },
    {
      id: 'size',
      meta: { title: t('columns.size'), width: 88, align: 'end' },
      cell: ({ row }) =>
        typeof row.original.size_bytes === 'number'
          ? format.bytes(row.original.size_bytes)
          : t('common.unknown'),
    },
    ...(withDate ? [released] : []),
    {
      id: 'history',
      meta: { title: t('columns.history'), width: 84 },
      cell: ({ row }) => <HistoryLink update={row.original} deviceId={device.id} />,
    },
    ...(mayDecide ? [actions] : []),
  ];
}
