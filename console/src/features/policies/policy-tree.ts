import type { Group, TenantReference, UpdatePolicy } from '@/api/types';
import { type GroupNode, groupTree } from '@/features/groups/group-tree';
import { ringNames, sameScope } from './policy-rules';

/** A tenant, a group or a device, with its policy if it has one. */
export interface PolicyNode {
  id: string;
  kind: 'tenant' | 'group' | 'device';
  name: string;
  policy: UpdatePolicy | null;
  /** The tenant's rings, by which policies name theirs. */
  rings: readonly string[];
  children: PolicyNode[];
}

/** The tenant, in it the groups that have policies or lie around such, and then single devices. */
export function policyTree(
  tenant: TenantReference,
  policies: readonly UpdatePolicy[],
  groups: readonly Group[],
): PolicyNode[] {
  const rings = ringNames(policies, tenant.id);
  const grow = ({ group, children }: GroupNode): PolicyNode[] => {
    const place = { kind: 'group', group_id: group.id } as const;
    const policy = policies.find(({ scope }) => sameScope(scope, place)) ?? null;
    const inner = children.flatMap(grow);
    if (policy === null && inner.length === 0) return [];
    return [{ id: group.id, kind: 'group', name: group.name, policy, rings, children: inner }];
  };
  const devices = policies
    .filter(({ scope }) => scope.kind === 'device')
    .map(
      (policy): PolicyNode => ({
        id: policy.id,
        kind: 'device',
        name: policy.scope.name ?? '',
        policy,
        rings,
        children: [],
      }),
    )
    .toSorted((one, other) => one.name.localeCompare(other.name));
  return [
    {
      id: tenant.id,
      kind: 'tenant',
      name: tenant.name,
      policy: policies.find(({ scope }) => scope.kind === 'tenant') ?? null,
      rings,
      children: [...groupTree(groups).flatMap(grow), ...devices],
    },
  ];
}
