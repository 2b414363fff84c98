import {
  keepPreviousData,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { client, settle, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import type { Device, DeviceFilter, DeviceQuery } from '@/api/types';

export function deviceListQuery(query: DeviceQuery) {
  return queryOptions({
    queryKey: [...keys.deviceLists, query],
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/devices', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** Counted apart from the list, so that rows never wait for a total. */
export function deviceCountQuery(filter: DeviceFilter) {
  const query = {
    tenant_id: filter.tenant_id ?? undefined,
    group_id: filter.group_id ?? undefined,
    subgroups: filter.subgroups ?? undefined,
    search: filter.search ?? undefined,
    os_family: filter.os_family ?? undefined,
    connection: filter.connection ?? undefined,
    restart: filter.restart ?? undefined,
    updates: filter.updates ?? undefined,
    limit: 1,
    count: true,
  };
  return queryOptions({
    queryKey: [...keys.deviceCounts, query],
    queryFn: async ({ signal }) => {
      const page = await unwrap(client.GET('/api/v1/devices', { params: { query }, signal }));
      return page.total ?? null;
    },
    placeholderData: keepPreviousData,
  });
}

export function useDeviceCount(filter: DeviceFilter, enabled = true): number | null {
  const { data } = useQuery({ ...deviceCountQuery(filter), enabled });
  return data ?? null;
}

export function deviceDetailQuery(id: string) {
  return queryOptions({
    queryKey: keys.device(id),
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/devices/{id}', { params: { path: { id } }, signal })),
  });
}

/** A list that shows the device already knows it: its page opens without a skeleton. */
export function useDevice(id: string) {
  const queryClient = useQueryClient();
  return useQuery({
    ...deviceDetailQuery(id),
    placeholderData: () =>
      queryClient
        .getQueriesData<{ items: Device[] }>({ queryKey: keys.deviceLists })
        .flatMap(([, page]) => page?.items ?? [])
        .find((device) => device.id === id),
  });
}

export function useRemoveDevice() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      settle(client.DELETE('/api/v1/devices/{id}', { params: { path: { id } } })),
    onSuccess: async (_answer, id) => {
      queryClient.removeQueries({ queryKey: keys.device(id) });
      await queryClient.invalidateQueries({ queryKey: keys.deviceLists });
      await queryClient.invalidateQueries({ queryKey: keys.deviceCounts });
    },
  });
}

export function useChangeDeviceGroup(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (groupId: string | null) =>
      unwrap(
        client.PATCH('/api/v1/devices/{id}', {
          params: { path: { id } },
          body: { group_id: groupId },
        }),
      ),
    onSuccess: (device) => {
      queryClient.setQueryData(keys.device(id), device);
      void queryClient.invalidateQueries({ queryKey: keys.deviceLists });
    },
  });
}

/** Every device that matches, page by page; used where the whole answer leaves the console. */
export async function fetchAllDevices(
  query: DeviceQuery,
  onProgress: (loaded: number) => void,
): Promise<Device[]> {
  const devices: Device[] = [];
  let cursor: string | undefined;
  do {
    const page = await unwrap(
      client.GET('/api/v1/devices', { params: { query: { ...query, limit: 500, cursor } } }),
    );
    devices.push(...page.items);
    onProgress(devices.length);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return devices;
}
