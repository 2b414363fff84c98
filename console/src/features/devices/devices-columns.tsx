import type { TFunction } from 'i18next';
import type { Device } from '@/api/types';
import { RowButton } from '@/components/guarded-button';
import { RelativeTime } from '@/components/relative-time';
import type { DataColumn } from '@/components/table/data-table';
import { Name } from '@/components/table/name';
import { MaintenanceCell } from '@/features/maintenance/maintenance-cell';
import { disabledText } from '@/i18n/codes';
import { Connection, DeviceName, OperatingSystem } from './device-cells';

interface DevicesColumnsOptions {
  t: TFunction;
  compact: boolean;
  several: boolean;
  onRemove: ((device: Device) => void) | null;
}

export function devicesColumns(options: DevicesColumnsOptions): DataColumn<Device>[] {
  const { t, compact, several, onRemove } = options;
  const columns: DataColumn<Device>[] = [
    {
      id: 'device',
      meta: { title: t('columns.device'), sortKey: 'hostname', fixed: true },
      cell: ({ row }) => <DeviceName device={row.original} compact nameOnly showTenant={false} />,
    },
    {
      id: 'connection',
      meta: { title: t('columns.connection'), width: 205, sortKey: 'last_seen_at' },
      cell: ({ row }) => <Connection device={row.original} />,
    },
    {
      id: 'tenant',
      meta: { title: t('columns.tenant'), width: 170 },
      cell: ({ row }) => <Name name={row.original.tenant.name} />,
    },
    {
      id: 'group',
      meta: { title: t('columns.group'), width: 130 },
      cell: ({ row }) => <Name name={row.original.group?.name ?? t('devices.no_group')} />,
    },
    {
      id: 'os',
      meta: { title: t('columns.os'), width: 190, sortKey: 'os_name' },
      cell: ({ row }) => <OperatingSystem device={row.original} compact={compact} />,
    },
    {
      id: 'agent_version',
      meta: { title: t('columns.agent_version'), width: 110, sortKey: 'agent_version' },
      cell: ({ row }) => row.original.agent_version,
    },
    {
      id: 'maintenance_window',
      meta: { title: t('columns.maintenance_window'), width: 150 },
      cell: ({ row }) => <MaintenanceCell device={row.original} />,
    },
    {
      id: 'enrolled',
      meta: { title: t('columns.enrolled'), width: 140 },
      cell: ({ row }) => <RelativeTime at={row.original.enrolled_at} />,
    },
  ];
  const shown = several ? columns : columns.filter(({ id }) => id !== 'tenant');
  if (!onRemove) return shown;
  return [
    ...shown,
    {
      id: 'actions',
      meta: { title: t('columns.actions'), width: 120, fixed: true },
      cell: ({ row }) => {
        const { allowed, reason } = row.original.can.remove;
        return (
          <RowButton
            reason={allowed ? null : disabledText(t, reason ?? 'forbidden')}
            aria-label={t('devices.remove_named', { name: row.original.hostname })}
            onClick={() => onRemove(row.original)}
          >
            {t('devices.remove_short')}
          </RowButton>
        );
      },
    },
  ];
}
