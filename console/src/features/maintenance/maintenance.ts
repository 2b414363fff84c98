import {
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { client, settle, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import { ApiError, toApiError } from '@/api/problem';
import type {
  ActionOutlookRequest,
  BlackoutChange,
  BlackoutPreviewRequest,
  MaintenanceAction,
  MaintenanceSettings,
  MaintenanceWindowBatch,
  MaintenanceWindowChange,
  NewBlackout,
  NewCalendarFeed,
  NewMaintenanceWindow,
  SpanPreview,
  WindowPreview,
  WindowPreviewRequest,
} from '@/api/types';

export function windowsQuery(tenantId: string | undefined) {
  return queryOptions({
    queryKey: keys.windows(tenantId),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/maintenance-windows', {
          params: { query: { tenant_id: tenantId } },
          signal,
        }),
      ),
  });
}

export function windowQuery(id: string) {
  return queryOptions({
    queryKey: keys.window(id),
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/maintenance-windows/{id}', { params: { path: { id } }, signal })),
  });
}

/** The last answer stays while the next one is on its way. */
export function windowPreviewQuery(body: WindowPreviewRequest | null) {
  return queryOptions({
    queryKey: [...keys.maintenancePreview, 'window', body],
    queryFn: ({ signal }): Promise<WindowPreview> => {
      if (body === null) throw new TypeError('nothing to preview');
      return unwrap(client.POST('/api/v1/maintenance-windows/preview', { body, signal }));
    },
    enabled: body !== null,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
    retry: false,
  });
}

export function blackoutPreviewQuery(body: BlackoutPreviewRequest | null) {
  return queryOptions({
    queryKey: [...keys.maintenancePreview, 'blackout', body],
    queryFn: ({ signal }): Promise<SpanPreview> => {
      if (body === null) throw new TypeError('nothing to preview');
      return unwrap(client.POST('/api/v1/blackouts/preview', { body, signal }));
    },
    enabled: body !== null,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
    retry: false,
  });
}

export function blackoutsQuery(tenantId: string | undefined) {
  return queryOptions({
    queryKey: keys.blackouts(tenantId),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/blackouts', { params: { query: { tenant_id: tenantId } }, signal }),
      ),
  });
}

export function blackoutQuery(id: string) {
  return queryOptions({
    queryKey: keys.blackout(id),
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/blackouts/{id}', { params: { path: { id } }, signal })),
  });
}

export function settingsQuery(tenantId: string) {
  return queryOptions({
    queryKey: keys.maintenanceSettings(tenantId),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/tenants/{id}/maintenance-settings', {
          params: { path: { id: tenantId } },
          signal,
        }),
      ),
  });
}

export function feedsQuery(tenantId: string | undefined) {
  return queryOptions({
    queryKey: keys.feeds(tenantId),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/calendar-feeds', {
          params: { query: { tenant_id: tenantId } },
          signal,
        }),
      ),
  });
}

/** What was true a minute ago may not be true now. */
const soonStale = 30_000;

export function explanationQuery(deviceId: string, action: MaintenanceAction) {
  return queryOptions({
    queryKey: [...keys.maintenanceOf(deviceId), action],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/devices/{id}/maintenance', {
          params: { path: { id: deviceId }, query: { action } },
          signal,
        }),
      ),
    staleTime: soonStale,
    refetchInterval: 60_000,
  });
}

export function planQuery(tenantId: string | undefined, hours: number) {
  return queryOptions({
    queryKey: [...keys.maintenancePlans, tenantId ?? null, hours],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/maintenance-plan', {
          params: { query: { tenant_id: tenantId, hours } },
          signal,
        }),
      ),
    staleTime: soonStale,
    refetchInterval: 60_000,
  });
}

export function occurrencesQuery(tenantId: string | undefined, days: number) {
  return queryOptions({
    queryKey: [...keys.occurrences, tenantId ?? null, days],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/maintenance-windows/occurrences', {
          params: { query: { tenant_id: tenantId, days } },
          signal,
        }),
      ),
    staleTime: soonStale,
  });
}

/** What the windows say of an action before it is asked for. */
export function outlookQuery(body: ActionOutlookRequest | null) {
  return queryOptions({
    queryKey: [...keys.outlook, body],
    queryFn: ({ signal }) => {
      if (body === null) throw new TypeError('nothing to ask about');
      return unwrap(client.POST('/api/v1/actions/outlook', { body, signal }));
    },
    enabled: body !== null,
    placeholderData: keepPreviousData,
    staleTime: soonStale,
    retry: false,
  });
}

/** Windows decide where devices stand, and with that what the lists of devices say. */
async function refresh(queryClient: QueryClient): Promise<void> {
  void queryClient.invalidateQueries({ queryKey: keys.devices });
  await queryClient.invalidateQueries({ queryKey: keys.maintenance });
}

export interface SavedWindow {
  id: string;
  change: MaintenanceWindowChange;
}

export function useCreateWindow() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewMaintenanceWindow) =>
      unwrap(client.POST('/api/v1/maintenance-windows', { body })),
    onSettled: () => void refresh(queryClient),
  });
}

export function useReplaceWindow() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: SavedWindow) =>
      unwrap(
        client.PUT('/api/v1/maintenance-windows/{id}', { params: { path: { id } }, body: change }),
      ),
    onSuccess: (window) => queryClient.setQueryData(keys.window(window.id), window),
    onSettled: () => void refresh(queryClient),
  });
}

/** Saves what a painting makes: all of it, or nothing. */
export function useSaveWindows() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: MaintenanceWindowBatch) =>
      unwrap(client.POST('/api/v1/maintenance-windows/batch', { body })).catch(atTheirFields),
    onSuccess: ({ items }) => {
      for (const window of items) queryClient.setQueryData(keys.window(window.id), window);
    },
    onSettled: () => void refresh(queryClient),
  });
}

/** The windows of a painting share the fields of one form, whichever of them is refused. */
function atTheirFields(error: unknown): never {
  const { status, code, requestId, retryAt, fieldErrors } = toApiError(error);
  const fields = [...fieldErrors].map(
    ([name, fault]) => [name.replace(/^windows\[\d+\]\./, ''), fault] as const,
  );
  throw new ApiError({ status, code, requestId, retryAt, fieldErrors: fields });
}

export function useDeleteWindow() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      settle(client.DELETE('/api/v1/maintenance-windows/{id}', { params: { path: { id } } })),
    onSuccess: (_answer, id) => {
      queryClient.removeQueries({ queryKey: keys.window(id) });
      return refresh(queryClient);
    },
  });
}

export function useCreateBlackout() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewBlackout) => unwrap(client.POST('/api/v1/blackouts', { body })),
    onSuccess: () => void refresh(queryClient),
  });
}

export function useReplaceBlackout() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: BlackoutChange }) =>
      unwrap(client.PUT('/api/v1/blackouts/{id}', { params: { path: { id } }, body: change })),
    onSuccess: (blackout) => {
      queryClient.setQueryData(keys.blackout(blackout.id), blackout);
      void refresh(queryClient);
    },
  });
}

export function useDeleteBlackout() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      settle(client.DELETE('/api/v1/blackouts/{id}', { params: { path: { id } } })),
    onSuccess: (_answer, id) => {
      queryClient.removeQueries({ queryKey: keys.blackout(id) });
      return refresh(queryClient);
    },
  });
}

export function useChangeSettings(tenantId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: MaintenanceSettings) =>
      unwrap(
        client.PUT('/api/v1/tenants/{id}/maintenance-settings', {
          params: { path: { id: tenantId } },
          body,
        }),
      ),
    onSuccess: (settings) => {
      queryClient.setQueryData(keys.maintenanceSettings(tenantId), settings);
      void refresh(queryClient);
    },
  });
}

export function useCreateFeed() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewCalendarFeed) => unwrap(client.POST('/api/v1/calendar-feeds', { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.maintenance }),
  });
}

export function useRevokeFeed() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      settle(client.DELETE('/api/v1/calendar-feeds/{id}', { params: { path: { id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.maintenance }),
  });
}
