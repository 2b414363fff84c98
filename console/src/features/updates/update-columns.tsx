import { IconRefresh } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import type { Update, UpdateDecision } from '@/api/types';
import { RelativeTime } from '@/components/relative-time';
import type { DataColumn } from '@/components/table/data-table';
import { DecisionMenu } from '@/features/policies/decision-menu';
import { Category, DeviceCount, UpdateTitle } from './update-cells';

interface UpdateColumnsOptions {
  t: TFunction;
  updates: readonly Update[];
  /** What people decided on updates, by which they are marked. */
  decisions: readonly UpdateDecision[];
  tenantId: string | undefined;
  mayDecide: boolean;
}

export function updateColumns(options: UpdateColumnsOptions): DataColumn<Update>[] {
  const { t, updates, decisions, tenantId, mayDecide } = options;
  const actions: DataColumn<Update> = {
    id: 'actions',
    meta: { title: t('columns.actions'), width: 70, fixed: true },
    cell: ({ row }) => <DecisionMenu update={row.original} tenantId={tenantId} />,
  };
  const severity: DataColumn<Update> = {
    id: 'severity',
    meta: { title: t('columns.severity'), width: 112 },
    cell: ({ row }) => row.original.severity && t(`severities.${row.original.severity}`),
  };
  return [
    {
      id: 'kb',
      meta: { title: t('columns.kb'), width: 98 },
      cell: ({ row }) => row.original.kb,
    },
    {
      id: 'update',
      meta: { title: t('columns.update'), sortKey: 'title', fixed: true, atLeast: 220 },
      cell: ({ row }) => <UpdateTitle update={row.original} decisions={decisions} />,
    },
    {
      id: 'category',
      meta: { title: t('columns.category'), width: 152 },
      cell: ({ row }) => <Category category={row.original.category} />,
    },
    ...(updates.some((update) => update.severity) ? [severity] : []),
    {
      id: 'lacking',
      meta: { title: t('columns.lacking'), width: 112, sortKey: 'lacking', align: 'end' },
      cell: ({ row }) => <DeviceCount count={row.original.devices.lacking} strong />,
    },
    {
      id: 'failed',
      meta: { title: t('columns.failed'), width: 92, sortKey: 'failed', align: 'end' },
      cell: ({ row }) => <DeviceCount count={row.original.devices.failed} tone="failed" />,
    },
    {
      id: 'restart_pending',
      meta: { title: t('columns.restart_pending'), width: 100, align: 'end' },
      cell: ({ row }) => (
        <DeviceCount
          count={row.original.devices.restart_pending}
          tone="attention"
          icon={IconRefresh}
        />
      ),
    },
    {
      id: 'installed',
      meta: { title: t('columns.installed'), width: 124, align: 'end' },
      cell: ({ row }) => <DeviceCount count={row.original.devices.installed} />,
    },
    {
      id: 'first_offered',
      meta: { title: t('columns.first_offered'), width: 118, sortKey: 'first_offered_at' },
      cell: ({ row }) => <RelativeTime at={row.original.first_offered_at} />,
    },
    ...(mayDecide ? [actions] : []),
  ];
}
