import type { Device } from '@/api/types';
import type { RowSelection } from '@/components/table/data-table';
import type { Selection } from '@/util/query-string';

export function selectedDevices(devices: readonly Device[], selection: Selection): Device[] {
  if (selection.type === 'none') return [];
  if (selection.type === 'matching') return [...devices];
  return devices.filter((device) => selection.ids.has(device.id));
}

/** Selection covers the page in view, or everything that matches; never rows out of sight. */
export function deviceRowSelection(
  devices: readonly Device[],
  selection: Selection,
  select: (next: Selection) => void,
): RowSelection<Device> {
  const selected = new Set(selectedDevices(devices, selection).map((device) => device.id));
  const choose = (ids: ReadonlySet<string>) =>
    select(ids.size === 0 ? { type: 'none' } : { type: 'chosen', ids });
  const all = devices.length > 0 && selected.size === devices.length;
  return {
    isSelected: (device) => selected.has(device.id),
    toggle: (device) => {
      const next = new Set(selected);
      if (!next.delete(device.id)) next.add(device.id);
      choose(next);
    },
    all,
    some: selected.size > 0,
    toggleAll: () => choose(all ? new Set() : new Set(devices.map((device) => device.id))),
  };
}
