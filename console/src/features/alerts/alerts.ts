import {
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import { toApiError } from '@/api/problem';
import type { AlertQuery, NewAcknowledgements } from '@/api/types';

export function alertListQuery(query: AlertQuery) {
  return queryOptions({
    queryKey: [...keys.alertLists, query],
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/alerts', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** How many alerts are not closed; one small answer, for every page. */
export function alertCountsQuery(tenantId: string | undefined) {
  return queryOptions({
    queryKey: [...keys.alertCounts, tenantId ?? null],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/alerts/counts', { params: { query: { tenant_id: tenantId } }, signal }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** The alerts of a device that are not closed. */
export function deviceAlertsQuery(deviceId: string) {
  return alertListQuery({ device_id: deviceId, state: 'open,acknowledged', limit: 50 });
}

function refresh(queryClient: QueryClient): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: keys.alerts });
}

export function useAcknowledgeAlerts() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewAcknowledgements) =>
      unwrap(client.POST('/api/v1/alerts/acknowledge', { body })),
    onSuccess: () => refresh(queryClient),
    onError: (error) => {
      // Closed in the meantime: the list shows it.
      if (toApiError(error).status === 409) void refresh(queryClient);
    },
  });
}
