import { describe, expect, it } from 'vitest';
import type { Group, PolicyRules, Rollout, ScopeReference, UpdatePolicy } from '@/api/types';
import {
  draftOfPolicy,
  emptyDraft,
  inheritedCategory,
  inheritedDeadline,
  inheritedRing,
  isSound,
  newPolicyOf,
  type PolicyDraft,
  presetRules,
  presets,
  ringNames,
  ringsProblem,
  rulesOf,
  standardRings,
  widerPolicies,
  withRules,
} from './policy-rules';
import { policyTree } from './policy-tree';
import { changesOf, openIn, ringState, stoppedFirst } from './rollout-rules';

function policy(id: string, scope: ScopeReference, rules: PolicyRules): UpdatePolicy {
  return {
    id,
    tenant_id: 't1',
    scope,
    rules,
    version: 1,
    updated_at: '2026-11-20T10:00:00Z',
    updated_by: 'Anna',
  };
}

const rings = {
  names: ['Pilot', 'All'],
  wait_hours: 24,
  attempted_percent: 50,
  success_percent: 90,
  stop_failed_devices: 2,
  stop_failed_percent: 20,
};
const tenant = policy(
  'p-tenant',
  { kind: 'tenant' },
  {
    categories: [
      { category: 'security', install: 'automatic', after_days: 3 },
      { category: 'driver', install: 'manual' },
    ],
    deadline_days: 14,
    ring: null,
    rings,
    restart: {
      restart: 'automatic',
      delay_minutes: 20,
      postponements: { most: 4, minutes: 45 },
    },
    microsoft_update: 'on',
    control_automatic_updates: 'off',
  },
);
const outer = policy(
  'p-outer',
  { kind: 'group', group_id: 'g-outer', name: 'Offices' },
  {
    categories: [],
    deadline_days: 0,
    ring: 2,
    rings: null,
    restart: { restart: 'manual' },
    microsoft_update: null,
    control_automatic_updates: 'on',
  },
);
const inner = policy(
  'p-inner',
  { kind: 'group', group_id: 'g-inner', name: 'Tills' },
  {
    categories: [{ category: 'security', install: 'manual' }],
    deadline_days: null,
    ring: 1,
    rings: null,
    restart: null,
    microsoft_update: null,
    control_automatic_updates: null,
  },
);
const policies = [tenant, outer, inner];
const groups: Group[] = [
  { id: 'g-outer', tenant_id: 't1', name: 'Offices', parent_id: null, devices: 0 },
  { id: 'g-inner', tenant_id: 't1', name: 'Tills', parent_id: 'g-outer', devices: 2 },
  { id: 'g-other', tenant_id: 't1', name: 'Servers', parent_id: null, devices: 1 },
];

describe('the editor of a policy', () => {
  it('sends what it was given, unless something is changed', () => {
    for (const one of policies) {
      const sent = rulesOf(draftOfPolicy(one));
      expect({ ...sent, categories: sent.categories.map((entry) => ({ ...entry })) }).toEqual(
        one.rules,
      );
    }
  });

  it('sends no rings but for a tenant, and only the chosen scope', () => {
    const draft: PolicyDraft = {
      ...draftOfPolicy(tenant),
      kind: 'group',
      group: 'g-inner',
      device: { id: 'd1', name: 'KASA-01' },
    };
    const { rules, group_id, device_id } = newPolicyOf(draft);
    expect([rules.rings, group_id, device_id]).toEqual([null, 'g-inner', null]);
  });

  it('begins with presets that leave drivers and new versions of Windows to people', () => {
    for (const preset of presets) {
      const draft = withRules(emptyDraft('t1'), {
        ring: null,
        rings: null,
        ...presetRules[preset],
      });
      expect(isSound(draft)).toBe(true);
      expect(draft.categories.driver.install).toBe('manual');
      expect(draft.categories.feature_update.install).toBe('manual');
    }
  });

  it('knows what the server would refuse', () => {
    const empty = emptyDraft('t1');
    const security = (days: number | ''): PolicyDraft => ({
      ...empty,
      categories: { ...empty.categories, security: { install: 'automatic', days } },
    });
    expect([0, 365, 366, ''].map((days) => isSound(security(days as number | '')))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(isSound({ ...empty, deadline: { choice: 'days', days: 0 } })).toBe(false);
    expect(isSound({ ...empty, kind: 'group' })).toBe(false);
    expect(isSound({ ...empty, kind: 'device' })).toBe(false);
  });

  it('knows what is wrong with a plan of rings', () => {
    const problem = (changes: Partial<typeof standardRings>) =>
      ringsProblem({
        ...emptyDraft('t1'),
        rings: { ...standardRings, names: ['Pilot', 'All'], ...changes },
      });
    expect(problem({})).toBeNull();
    expect(problem({ names: ['Pilot', ' '] })).toBe('policies.ring_name_missing');
    expect(problem({ names: ['Pilot', 'Pilot '] })).toBe('policies.ring_name_twice');
    expect(problem({ wait: 1_441 })).toBe('policies.wait_wrong');
    expect(problem({ success: 101 })).toBe('policies.percent_wrong');
    expect(problem({ stopDevices: 0 })).toBe('policies.stop_devices_wrong');
  });
});

describe('what wider scopes say', () => {
  const wider = widerPolicies(policies, groups, { kind: 'group', group_id: 'g-inner' });

  it('comes from the groups around, and then from the tenant', () => {
    expect(wider.map(({ id }) => id)).toEqual(['p-outer', 'p-tenant']);
    expect(widerPolicies(policies, groups, { kind: 'tenant' })).toEqual([]);
  });

  it('is asked matter by matter; no deadline is something said', () => {
    expect(inheritedCategory(wider, 'security')?.policy.id).toBe('p-tenant');
    expect(inheritedCategory(wider, 'optional')).toBeNull();
    expect(inheritedDeadline(wider)).toMatchObject({ rule: 0, policy: { id: 'p-outer' } });
    expect(inheritedRing(wider)?.rule).toBe(2);
    expect(ringNames(policies, 't1')).toEqual(['Pilot', 'All']);
    expect(ringNames(policies, 't2')).toEqual([]);
  });
});

describe('the tree of policies', () => {
  it('shows groups with policies and those around them, and then devices', () => {
    const device = policy(
      'p-device',
      { kind: 'device', device_id: 'd1', name: 'KASA-01' },
      { categories: [] },
    );
    const [root] = policyTree({ id: 't1', name: 'Bakery' }, [tenant, inner, device], groups);
    expect(root?.policy?.id).toBe('p-tenant');
    expect(root?.children.map(({ name }) => name)).toEqual(['Offices', 'KASA-01']);
    expect(root?.children[0]?.policy).toBeNull();
    expect(root?.children[0]?.children.map(({ policy: own }) => own?.id)).toEqual(['p-inner']);
  });
});

describe('updates in rings', () => {
  const rollout = (id: string, state: Rollout['state']): Rollout => ({
    id,
    tenant_id: 't1',
    update_id: id,
    title: id,
    titles: {},
    state,
    ring: 2,
    since: '2026-11-20T10:00:00Z',
    begun_at: '2026-11-20T10:00:00Z',
    rings: [],
  });

  it('begin with what has stopped', () => {
    const all = [
      rollout('a', 'complete'),
      rollout('b', 'running'),
      rollout('c', 'stopped_by_person'),
      rollout('d', 'stopped_by_failures'),
    ];
    expect(stoppedFirst(all).map(({ id }) => id)).toEqual(['d', 'c', 'b', 'a']);
  });

  it('offer what can be done with them', () => {
    expect(changesOf('running')).toEqual(['stop', 'release']);
    expect(changesOf('stopped_by_failures')).toEqual(['resume', 'release']);
    expect(changesOf('complete')).toEqual([]);
  });

  it('say of each ring whether they have been there', () => {
    const states = (state: Rollout['state']) =>
      [1, 2, 3].map((ring) => ringState(rollout('a', state), ring));
    expect(states('running')).toEqual(['done', 'here', 'later']);
    expect(states('stopped_by_person')).toEqual(['done', 'stopped', 'later']);
    const ring = { name: 'Pilot', devices: 5, offered: 4, installed: 2, failed: 1 };
    expect(openIn(ring)).toBe(1);
    expect(openIn({ ...ring, offered: 0 })).toBe(0);
  });
});
