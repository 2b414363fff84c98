import { useQuery } from '@tanstack/react-query';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useMemo } from 'react';
import {
  decodeSelection,
  encodeSelection,
  type Selection,
  type Sort,
  sortColumn,
} from '@/util/query-string';
import {
  type DeviceSearch,
  deviceFilter,
  deviceQuery,
  deviceSortColumns,
  isFiltered,
  pageSize,
  type TenantDeviceSearch,
} from './device-search';
import { deviceListQuery, useDeviceCount } from './devices';

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** The cursors of the pages before this one, because keyset pages only know the next. */
    trail?: string[];
  }
}

const none: never[] = [];

function asDeviceSort(sort: Sort): DeviceSearch['sort'] {
  const column = deviceSortColumns.find((name) => name === sortColumn(sort));
  if (!column) return undefined;
  return sort.startsWith('-') ? `-${column}` : column;
}

/** The state of a device list: what the address says, what the server answers, how to move on. */
export function useDeviceTable(search: TenantDeviceSearch) {
  const navigate = useNavigate();
  const trail = useRouterState({ select: (state) => state.location.state.trail }) ?? none;
  const list = useQuery(deviceListQuery(deviceQuery(search)));
  const total = useDeviceCount(deviceFilter(search));
  const devices = list.data?.items ?? none;

  const change = (values: Partial<DeviceSearch>, replace = false) => {
    void navigate({
      to: '.',
      search: (previous) => ({
        ...previous,
        cursor: undefined,
        selected: undefined,
        ...values,
      }),
      replace,
    });
  };
  const turnTo = (cursor: string | undefined, nextTrail: string[]) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, cursor, selected: undefined }),
      state: { trail: nextTrail },
    });
  };
  const nextCursor = list.data?.next_cursor ?? null;
  const selection = useMemo(() => decodeSelection(search.selected), [search.selected]);

  return {
    list,
    devices,
    total,
    filtered: isFiltered(search),
    selection,
    select: (next: Selection) => {
      void navigate({
        to: '.',
        search: (previous) => ({ ...previous, selected: encodeSelection(next) }),
        state: { trail },
        replace: true,
      });
    },
    change,
    sort: (sort: Sort) => change({ sort: asDeviceSort(sort) }),
    clear: () =>
      change({
        search: undefined,
        group: undefined,
        system: undefined,
        contact: undefined,
        restart: undefined,
        updates: undefined,
      }),
    pages: {
      /** Unknown when the address of a later page was opened directly. */
      from: search.cursor === undefined || trail.length > 0 ? trail.length * pageSize + 1 : null,
      count: devices.length,
      total,
      previous:
        search.cursor === undefined
          ? null
          : () => turnTo(trail.at(-1) || undefined, trail.slice(0, -1)),
      next: nextCursor === null ? null : () => turnTo(nextCursor, [...trail, search.cursor ?? '']),
    },
  };
}

export type DeviceTable = ReturnType<typeof useDeviceTable>;
