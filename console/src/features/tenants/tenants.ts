import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import type { Group, NewTenant, TenantChange } from '@/api/types';

export const tenantsQuery = queryOptions({
  queryKey: keys.tenants,
  queryFn: ({ signal }) => unwrap(client.GET('/api/v1/tenants', { signal })),
});

export function groupsQuery(tenantId: string | undefined) {
  return queryOptions({
    queryKey: [...keys.groups, tenantId ?? null],
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/groups', { params: { query: { tenant_id: tenantId } }, signal })),
  });
}

export function useTenants() {
  return useQuery(tenantsQuery).data?.items ?? [];
}

export function useCreateTenant() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewTenant) => unwrap(client.POST('/api/v1/tenants', { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.tenants }),
  });
}

export function useUpdateTenant(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: TenantChange) =>
      unwrap(client.PATCH('/api/v1/tenants/{id}', { params: { path: { id } }, body })),
    onSuccess: async () => {
      // Its name is also in the session and on every device.
      await queryClient.invalidateQueries();
    },
  });
}

export function useRequestTenantDeletion(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      unwrap(
        client.POST('/api/v1/tenants/{id}/deletion', { params: { path: { id } }, body: { name } }),
      ),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.tenants }),
  });
}

export interface GroupOption {
  value: string;
  label: string;
}

/** Groups form a tree; each is named by its path, so that equal names stay apart. */
export function groupOptions(
  groups: readonly Pick<Group, 'id' | 'name' | 'parent_id'>[],
): GroupOption[] {
  const byId = new Map(groups.map((group) => [group.id, group]));
  const path = (group: (typeof groups)[number]): string => {
    const names = [group.name];
    const seen = new Set([group.id]);
    let parent = group.parent_id ? byId.get(group.parent_id) : undefined;
    while (parent && !seen.has(parent.id)) {
      seen.add(parent.id);
      names.unshift(parent.name);
      parent = parent.parent_id ? byId.get(parent.parent_id) : undefined;
    }
    return names.join(' › ');
  };
  return groups
    .map((group) => ({ value: group.id, label: path(group) }))
    .sort((one, other) => one.label.localeCompare(other.label));
}

export function useGroupOptions(tenantId: string | undefined): GroupOption[] {
  const { data } = useQuery(groupsQuery(tenantId));
  return groupOptions(data?.items ?? []);
}
