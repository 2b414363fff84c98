import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { client, settle, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import { toApiError } from '@/api/problem';
import type { Openid, OpenidSettings } from '@/api/types';

/** `null` while none is set up. */
export function openidQuery(tenantId: string) {
  return queryOptions({
    queryKey: keys.openid(tenantId),
    queryFn: async ({ signal }): Promise<Openid | null> => {
      try {
        return await unwrap(
          client.GET('/api/v1/tenants/{id}/openid', { params: { path: { id: tenantId } }, signal }),
        );
      } catch (error) {
        if (toApiError(error).status === 404) return null;
        throw error;
      }
    },
  });
}

export function useUpdateOpenid(tenantId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: OpenidSettings) =>
      unwrap(
        client.PUT('/api/v1/tenants/{id}/openid', { params: { path: { id: tenantId } }, body }),
      ),
    onSuccess: (openid) => queryClient.setQueryData(openidQuery(tenantId).queryKey, openid),
  });
}

export function useDeleteOpenid(tenantId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () =>
      settle(client.DELETE('/api/v1/tenants/{id}/openid', { params: { path: { id: tenantId } } })),
    onSuccess: () => queryClient.setQueryData(openidQuery(tenantId).queryKey, null),
  });
}

export function useTestOpenid(tenantId: string) {
  return useMutation({
    mutationFn: (issuer: string) =>
      unwrap(
        client.POST('/api/v1/tenants/{id}/openid/test', {
          params: { path: { id: tenantId } },
          body: { issuer },
        }),
      ),
  });
}
