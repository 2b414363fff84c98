import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import type { Update, UpdateDevice, UpdateQuery } from '@/api/types';
import { lackingStates } from './update-search';

export function updateListQuery(query: UpdateQuery) {
  return queryOptions({
    queryKey: [...keys.updateLists, query],
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/updates', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function updateDetailQuery(id: string, tenantId: string | undefined) {
  const params = { path: { id }, query: { tenant_id: tenantId } };
  return queryOptions({
    queryKey: [...keys.update(id), tenantId ?? null],
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/updates/{id}', { params, signal })),
  });
}

/** A list that shows the update already knows it: its page opens without a skeleton. */
export function useUpdate(id: string, tenantId: string | undefined) {
  const queryClient = useQueryClient();
  return useQuery({
    ...updateDetailQuery(id, tenantId),
    placeholderData: () =>
      queryClient
        .getQueriesData<{ items: Update[] }>({ queryKey: keys.updateLists })
        .flatMap(([, page]) => page?.items ?? [])
        .find((update) => update.id === id),
  });
}

interface UpdateDevicesQuery {
  tenant_id?: string;
  state?: string;
  limit: number;
  cursor?: string;
}

export function updateDevicesQuery(id: string, query: UpdateDevicesQuery) {
  return queryOptions({
    queryKey: [...keys.updateDevices(id), query],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/updates/{id}/devices', { params: { path: { id }, query }, signal }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** Every device that lacks the update, page by page, for an action on all of them. */
export async function fetchLackingDevices(
  id: string,
  tenantId: string | undefined,
): Promise<UpdateDevice[]> {
  const devices: UpdateDevice[] = [];
  let cursor: string | undefined;
  do {
    const query = { tenant_id: tenantId, state: lackingStates.join(','), limit: 500, cursor };
    const page = await unwrap(
      client.GET('/api/v1/updates/{id}/devices', { params: { path: { id }, query } }),
    );
    devices.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return devices;
}

const stepsPerPage = 50;

/** The history of a device's updates, newest first; older pages follow on demand. */
export function deviceStepsQuery(id: string, updateId: string | undefined) {
  return infiniteQueryOptions({
    queryKey: [...keys.deviceSteps(id), updateId ?? null],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET('/api/v1/devices/{id}/update-steps', {
          params: {
            path: { id },
            query: { update_id: updateId, limit: stepsPerPage, cursor: pageParam },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}
