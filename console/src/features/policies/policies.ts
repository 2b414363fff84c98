import {
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { client, settle, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import type {
  NewUpdateDecision,
  NewUpdatePolicy,
  PolicyPreview,
  UpdatePolicyChange,
} from '@/api/types';

export function policiesQuery(tenantId: string | undefined) {
  return queryOptions({
    queryKey: [...keys.policyLists, tenantId ?? null],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/update-policies', {
          params: { query: { tenant_id: tenantId } },
          signal,
        }),
      ),
  });
}

export function policyQuery(id: string) {
  return queryOptions({
    queryKey: keys.policy(id),
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/update-policies/{id}', { params: { path: { id } }, signal })),
  });
}

/** What a policy would do. The last answer stays while the next one is on its way. */
export function policyPreviewQuery(body: NewUpdatePolicy | null) {
  return queryOptions({
    queryKey: [...keys.policyPreview, body],
    queryFn: ({ signal }): Promise<PolicyPreview> => {
      if (body === null) throw new TypeError('nothing to preview');
      return unwrap(client.POST('/api/v1/update-policies/preview', { body, signal }));
    },
    enabled: body !== null,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
    retry: false,
  });
}

export function devicePolicyQuery(id: string) {
  return queryOptions({
    queryKey: keys.devicePolicy(id),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/devices/{id}/update-policy', { params: { path: { id } }, signal }),
      ),
  });
}

export function decisionsQuery(tenantId: string | undefined) {
  return queryOptions({
    queryKey: [...keys.decisions, tenantId ?? null],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/update-decisions', {
          params: { query: { tenant_id: tenantId } },
          signal,
        }),
      ),
  });
}

export function rolloutsQuery(tenantId: string | undefined) {
  return queryOptions({
    queryKey: [...keys.rollouts, tenantId ?? null],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/rollouts', { params: { query: { tenant_id: tenantId } }, signal }),
      ),
  });
}

/** Whatever is decided about updates changes what holds for devices and for their updates. */
async function refresh(queryClient: QueryClient): Promise<void> {
  void queryClient.invalidateQueries({ queryKey: keys.devicesUpdates });
  await queryClient.invalidateQueries({ queryKey: keys.policies });
}

export function useCreatePolicy() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewUpdatePolicy) => unwrap(client.POST('/api/v1/update-policies', { body })),
    onSuccess: () => void refresh(queryClient),
  });
}

export function useReplacePolicy() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: UpdatePolicyChange }) =>
      unwrap(
        client.PUT('/api/v1/update-policies/{id}', { params: { path: { id } }, body: change }),
      ),
    onSuccess: (policy) => {
      queryClient.setQueryData(keys.policy(policy.id), policy);
      void refresh(queryClient);
    },
  });
}

export function useDeletePolicy() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      settle(client.DELETE('/api/v1/update-policies/{id}', { params: { path: { id } } })),
    onSuccess: (_answer, id) => {
      queryClient.removeQueries({ queryKey: keys.policy(id) });
      return refresh(queryClient);
    },
  });
}

export function useDecideUpdate() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewUpdateDecision) =>
      unwrap(client.POST('/api/v1/update-decisions', { body })),
    onSuccess: () => refresh(queryClient),
  });
}

export function useWithdrawDecision() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      settle(client.DELETE('/api/v1/update-decisions/{id}', { params: { path: { id } } })),
    onSuccess: () => refresh(queryClient),
  });
}

export const rolloutChanges = ['stop', 'resume', 'release'] as const;
export type RolloutChange = (typeof rolloutChanges)[number];

export function useChangeRollout() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: RolloutChange }) =>
      unwrap(client.POST(`/api/v1/rollouts/{id}/${change}`, { params: { path: { id } } })),
    onSuccess: () => refresh(queryClient),
  });
}
