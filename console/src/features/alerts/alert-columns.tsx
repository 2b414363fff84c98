import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import type { Alert } from '@/api/types';
import { RelativeTime } from '@/components/relative-time';
import type { DataColumn } from '@/components/table/data-table';
import { AlertSeverity, AlertStanding, AlertStory } from './alert-cells';
import { headline } from './alert-words';
import classes from './alerts.module.css';

interface ColumnOptions {
  t: TFunction;
  /** Whether alerts of several tenants are in the list. */
  several: boolean;
  /** Where all are open, saying so says nothing. */
  onlyOpen: boolean;
  /** Null for those who may only look. */
  onAcknowledge: ((alert: Alert) => void) | null;
}

export function alertColumns(options: ColumnOptions): DataColumn<Alert>[] {
  const { t, several, onlyOpen, onAcknowledge } = options;
  const state: DataColumn<Alert> = {
    id: 'state',
    meta: { title: t('columns.state'), width: 190 },
    cell: ({ row }) => <AlertStanding alert={row.original} />,
  };
  const acknowledge: DataColumn<Alert> = {
    id: 'actions',
    meta: { title: t('columns.actions'), width: 150, fixed: true },
    cell: ({ row }) =>
      row.original.state === 'open' && (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={t('alerts.acknowledge_named', { name: alertName(t, row.original) })}
          onClick={() => onAcknowledge?.(row.original)}
        >
          {t('alerts.acknowledge')}
        </Button>
      ),
  };
  return [
    {
      id: 'severity',
      meta: { title: t('columns.severity'), width: 122 },
      cell: ({ row }) => <AlertSeverity alert={row.original} />,
    },
    {
      id: 'what',
      meta: { title: t('alerts.what'), atLeast: 380 },
      cell: ({ row }) => <AlertStory alert={row.original} />,
    },
    {
      id: 'device',
      meta: { title: t('columns.device'), width: 170 },
      cell: ({ row }) => <Place alert={row.original} several={several} />,
    },
    {
      id: 'raised',
      meta: { title: t('alerts.raised'), width: 112 },
      cell: ({ row }) => <RelativeTime at={row.original.raised_at} />,
    },
    ...(onlyOpen ? [] : [state]),
    ...(onAcknowledge ? [acknowledge] : []),
  ];
}

/** What an alert is called where it is named among others. */
export function alertName(t: TFunction, alert: Alert): string {
  const what = headline(t, alert);
  return alert.device ? `${alert.device.hostname}: ${what}` : what;
}

function Place({ alert: { device, tenant }, several }: { alert: Alert; several: boolean }) {
  return (
    <div className={classes.place}>
      {device && (
        <Link to="/devices/$deviceId" params={{ deviceId: device.id }}>
          {device.hostname}
        </Link>
      )}
      {(several || !device) && <span className={classes.dim}>{tenant.name}</span>}
    </div>
  );
}
