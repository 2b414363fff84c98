import type { TFunction } from 'i18next';
import type { Device } from '@/api/types';
import type { CsvCell } from '@/util/csv';

interface CsvColumn {
  title: string;
  cell: (device: Device) => CsvCell;
}

/** Exports carry plain values: numbers as numbers, instants in RFC 3339, unknown as empty. */
export function deviceCsvRows(t: TFunction, devices: readonly Device[]): CsvCell[][] {
  const yesNo = { yes: t('common.yes'), no: t('common.no'), unknown: null };
  const columns: CsvColumn[] = [
    { title: t('columns.device'), cell: (device) => device.hostname },
    { title: t('columns.tenant'), cell: (device) => device.tenant.name },
    { title: t('columns.group'), cell: (device) => device.group?.name ?? null },
    { title: t('columns.os'), cell: (device) => `${device.os.name} ${device.os.version}`.trim() },
    { title: t('columns.agent_version'), cell: (device) => device.agent_version },
    { title: t('columns.connection'), cell: (device) => t(`devices.${device.connection}`) },
    { title: t('columns.pending_updates'), cell: (device) => device.pending_updates.total ?? null },
    { title: t('columns.restart'), cell: (device) => yesNo[device.restart.required] },
    { title: t('columns.last_scan'), cell: (device) => device.scan.scanned_at ?? null },
    { title: t('columns.last_seen'), cell: (device) => device.last_seen_at ?? null },
    { title: t('columns.enrolled'), cell: (device) => device.enrolled_at },
  ];
  return [
    columns.map(({ title }) => title),
    ...devices.map((device) => columns.map(({ cell }) => cell(device))),
  ];
}
