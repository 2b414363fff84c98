import type { Group } from '@/api/types';

export interface GroupNode {
  group: Group;
  children: GroupNode[];
  /** Of the group and of all groups within it. */
  devices: number;
}

/**
 * Groups as a tree, by name. A group whose parent is not known, or that would lie within itself,
 * stands at the top rather than nowhere.
 */
export function groupTree(groups: readonly Group[]): GroupNode[] {
  const byId = new Map(groups.map((group) => [group.id, group]));
  const childrenOf = new Map<string | null, Group[]>();
  for (const group of groups) {
    const parent = isRooted(group, byId) ? (group.parent_id ?? null) : null;
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), group]);
  }
  const grow = (parent: string | null): GroupNode[] =>
    (childrenOf.get(parent) ?? [])
      .toSorted((one, other) => one.name.localeCompare(other.name))
      .map((group) => {
        const children = grow(group.id);
        const within = children.reduce((sum, child) => sum + child.devices, 0);
        return { group, children, devices: group.devices + within };
      });
  return grow(null);
}

/** Whether the way up from a group ends at the top. */
function isRooted(group: Group, byId: ReadonlyMap<string, Group>): boolean {
  const seen = new Set<string>();
  let current: Group | undefined = group;
  while (current?.parent_id) {
    if (seen.has(current.id)) return false;
    seen.add(current.id);
    current = byId.get(current.parent_id);
  }
  return current !== undefined;
}

/** A group and every group within it: where it cannot be moved to. */
export function withinGroup(groups: readonly Group[], id: string): Set<string> {
  const within = new Set([id]);
  let before: number;
  do {
    before = within.size;
    for (const group of groups) {
      if (group.parent_id && within.has(group.parent_id)) within.add(group.id);
    }
  } while (within.size > before);
  return within;
}
