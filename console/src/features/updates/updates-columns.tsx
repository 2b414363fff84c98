import type { TFunction } from 'i18next';
import type { Device } from '@/api/types';
import type { DataColumn } from '@/components/table/data-table';
import { Name } from '@/components/table/name';
import { type AskForAction, RowActions } from '@/features/devices/device-actions';
import {
  DeviceName,
  LastScan,
  OperatingSystem,
  PendingUpdates,
  RequiredRestart,
} from '@/features/devices/device-cells';
import { MaintenanceCell } from '@/features/maintenance/maintenance-cell';

interface UpdatesColumnsOptions {
  t: TFunction;
  compact: boolean;
  showTenant: boolean;
  actions: AskForAction | null;
}

export function updatesColumns(options: UpdatesColumnsOptions): DataColumn<Device>[] {
  const { t, compact, showTenant, actions } = options;
  const columns: DataColumn<Device>[] = [
    {
      id: 'device',
      meta: { title: t('columns.device'), sortKey: 'hostname', fixed: true },
      cell: ({ row }) => (
        <DeviceName device={row.original} compact={compact} showTenant={showTenant} />
      ),
    },
    {
      id: 'tenant',
      meta: { title: t('columns.tenant'), width: 150 },
      cell: ({ row }) => <Name name={row.original.tenant.name} />,
    },
    {
      id: 'group',
      meta: { title: t('columns.group'), width: 130 },
      cell: ({ row }) => <Name name={row.original.group?.name ?? t('devices.no_group')} />,
    },
    {
      id: 'os',
      meta: { title: t('columns.os'), width: 158, sortKey: 'os_name' },
      cell: ({ row }) => <OperatingSystem device={row.original} compact={compact} />,
    },
    {
      id: 'agent_version',
      meta: { title: t('columns.agent_version'), width: 74, sortKey: 'agent_version' },
      cell: ({ row }) => row.original.agent_version,
    },
    {
      id: 'pending_updates',
      meta: { title: t('columns.pending_updates'), width: 152, sortKey: 'pending_updates' },
      cell: ({ row }) => <PendingUpdates device={row.original} />,
    },
    {
      id: 'restart',
      meta: { title: t('columns.restart'), width: 102, sortKey: 'restart' },
      cell: ({ row }) => <RequiredRestart device={row.original} />,
    },
    {
      id: 'last_scan',
      meta: { title: t('columns.last_scan'), width: 156, sortKey: 'last_scan_at' },
      cell: ({ row }) => <LastScan device={row.original} compact={compact} />,
    },
    {
      id: 'maintenance_window',
      meta: { title: t('columns.maintenance_window'), width: 118 },
      cell: ({ row }) => <MaintenanceCell device={row.original} />,
    },
  ];
  if (!actions) return columns;
  return [
    ...columns,
    {
      id: 'actions',
      meta: { title: t('columns.actions'), width: 248, fixed: true },
      cell: ({ row }) => <RowActions device={row.original} onAsk={actions} />,
    },
  ];
}
