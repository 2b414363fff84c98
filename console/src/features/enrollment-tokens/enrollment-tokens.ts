import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, settle, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import type { Device, NewEnrollmentToken } from '@/api/types';

export const enrollmentTokensQuery = queryOptions({
  queryKey: keys.enrollmentTokens,
  queryFn: ({ signal }) =>
    unwrap(client.GET('/api/v1/enrollment-tokens', { params: { query: { limit: 200 } }, signal })),
});

export function useCreateEnrollmentToken() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewEnrollmentToken) =>
      unwrap(client.POST('/api/v1/enrollment-tokens', { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.enrollmentTokens }),
  });
}

export function useRevokeEnrollmentToken() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      settle(client.DELETE('/api/v1/enrollment-tokens/{id}', { params: { path: { id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.enrollmentTokens }),
  });
}

const newestQuery = queryOptions({
  queryKey: [...keys.deviceLists, 'newest'],
  queryFn: ({ signal }) =>
    unwrap(
      client.GET('/api/v1/devices', {
        params: { query: { sort: '-last_seen_at', limit: 100 } },
        signal,
      }),
    ),
});

/**
 * Devices that have registered since an instant of the server's clock; fed by events like every
 * other list.
 */
export function useArrivals(since: string): Device[] {
  const { data } = useQuery({ ...newestQuery, staleTime: 0 });
  const from = Date.parse(since);
  return (data?.items ?? []).filter((device) => Date.parse(device.enrolled_at) >= from);
}
