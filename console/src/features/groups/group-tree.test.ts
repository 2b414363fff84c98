import { describe, expect, it } from 'vitest';
import type { Group } from '@/api/types';
import { type GroupNode, groupTree, withinGroup } from './group-tree';

function group(id: string, parent: string | null, devices = 0): Group {
  return { id, tenant_id: 't1', name: id, parent_id: parent, devices };
}

function shape(nodes: GroupNode[]): unknown[] {
  return nodes.map(({ group: { name }, children }) =>
    children.length === 0 ? name : [name, ...shape(children)],
  );
}

describe('the tree of groups', () => {
  it('puts each group within its parent, by name', () => {
    const groups = [group('c', 'a'), group('b', null), group('a', null), group('aa', 'a')];
    expect(shape(groupTree(groups))).toEqual([['a', 'aa', 'c'], 'b']);
  });

  it('counts the devices of all groups within', () => {
    const [top] = groupTree([group('a', null, 2), group('b', 'a', 3), group('c', 'b', 4)]);
    expect(top?.devices).toBe(9);
    expect(top?.group.devices).toBe(2);
  });

  it('shows a group whose parent is not known at the top', () => {
    expect(shape(groupTree([group('a', 'gone')]))).toEqual(['a']);
  });

  it('survives groups that would lie within themselves', () => {
    expect(shape(groupTree([group('a', 'b'), group('b', 'a'), group('c', null)]))).toEqual([
      'a',
      'b',
      'c',
    ]);
  });
});

describe('where a group cannot move to', () => {
  it('is itself and everything within it', () => {
    const groups = [group('c', 'b'), group('a', null), group('b', 'a'), group('d', null)];
    expect([...withinGroup(groups, 'a')].sort()).toEqual(['a', 'b', 'c']);
  });
});
