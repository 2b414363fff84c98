import { queryOptions, useQuery } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import type { Group } from '@/api/types';

export const tenantsQuery = queryOptions({
  queryKey: keys.tenants,
  queryFn: ({ signal }) => unwrap(client.GET('/api/v1/tenants', { signal })),
});

export function groupsQuery(tenantId: string | undefined) {
  return queryOptions({
    queryKey: [...keys.groups, tenantId ?? null],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/groups', {
          params: { query: { tenant_id: tenantId } },
          signal,
        }),
      ),
  });
}

export function useTenants() {
  return useQuery(tenantsQuery).data?.items ?? [];
}

export interface GroupOption {
  value: string;
  label: string;
}

/** Groups form a tree; each is named by its path, so that equal names stay apart. */
export function groupOptions(groups: readonly Group[]): GroupOption[] {
  const byId = new Map(groups.map((group) => [group.id, group]));
  const path = (group: Group): string => {
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
