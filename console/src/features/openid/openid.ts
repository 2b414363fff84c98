import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { type Openid, type OpenidChange, openidApi } from '@/api/identity';
import { keys } from '@/api/keys';
import { toApiError } from '@/api/problem';

/** `null` while none is set up. */
export function openidQuery(tenantId: string) {
  return queryOptions({
    queryKey: keys.openid(tenantId),
    queryFn: async ({ signal }): Promise<Openid | null> => {
      try {
        return await openidApi.read(tenantId, signal);
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
    mutationFn: (body: OpenidChange) => openidApi.update(tenantId, body),
    onSuccess: (openid) => queryClient.setQueryData(openidQuery(tenantId).queryKey, openid),
  });
}

export function useDeleteOpenid(tenantId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => openidApi.delete(tenantId),
    onSuccess: () => queryClient.setQueryData(openidQuery(tenantId).queryKey, null),
  });
}

export function useTestOpenid(tenantId: string) {
  return useMutation({ mutationFn: (issuer: string) => openidApi.test(tenantId, issuer) });
}
