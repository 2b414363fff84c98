import type { DeviceFilter, DeviceQuery } from '@/api/types';
import { oneOf, type Sort, sortIn, textIn } from '@/util/query-string';

export const deviceSortColumns = [
  'hostname',
  'os_name',
  'agent_version',
  'pending_updates',
  'restart',
  'last_scan_at',
  'last_seen_at',
] as const;

export type DeviceSortColumn = (typeof deviceSortColumns)[number];

/** What the address of a device list holds. */
export interface DeviceSearch {
  search?: string;
  group?: string;
  system?: 'windows' | 'linux';
  contact?: 'online' | 'offline';
  restart?: 'required';
  updates?: 'pending' | 'none' | 'unknown';
  sort?: Sort<DeviceSortColumn>;
  cursor?: string;
  selected?: string;
}

/** The part that a `tenant` from the signed-in layout joins. */
export type TenantDeviceSearch = DeviceSearch & { tenant?: string };

export const pageSize = 50;

export function parseDeviceSearch(values: Record<string, unknown>): DeviceSearch {
  return {
    search: textIn(values, 'search'),
    group: textIn(values, 'group'),
    system: oneOf(values, 'system', ['windows', 'linux']),
    contact: oneOf(values, 'contact', ['online', 'offline']),
    restart: oneOf(values, 'restart', ['required']),
    updates: oneOf(values, 'updates', ['pending', 'none', 'unknown']),
    sort: sortIn(values, deviceSortColumns),
    cursor: textIn(values, 'cursor'),
    selected: textIn(values, 'selected'),
  };
}

export function deviceFilter(search: TenantDeviceSearch): DeviceFilter {
  return {
    tenant_id: search.tenant,
    group_id: search.group,
    search: search.search,
    os_family: search.system,
    connection: search.contact,
    restart: search.restart,
    updates: search.updates,
  };
}

export function deviceQuery(search: TenantDeviceSearch): DeviceQuery {
  return {
    tenant_id: search.tenant,
    group_id: search.group,
    search: search.search,
    os_family: search.system,
    connection: search.contact,
    restart: search.restart,
    updates: search.updates,
    sort: search.sort ?? 'hostname',
    limit: pageSize,
    cursor: search.cursor,
  };
}

/** Whether anything but the tenant narrows the list. */
export function isFiltered(search: DeviceSearch): boolean {
  const { search: text, group, system, contact, restart, updates } = search;
  return [text, group, system, contact, restart, updates].some((value) => value !== undefined);
}
