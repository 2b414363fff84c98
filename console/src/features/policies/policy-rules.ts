import type {
  CategoryEntry,
  Group,
  NewUpdatePolicy,
  PolicyRules,
  RestartEntry,
  RingPlan,
  ScopeKind,
  ScopeReference,
  Switch,
  UpdateCategory,
  UpdatePolicy,
} from '@/api/types';
import { type Courtesy, restartTerms, standardCourtesy } from '@/features/actions/schedule';
import { updateCategories } from '@/features/updates/update-search';

export const longestDays = 365;
export const longestWait = 60 * 24;
export const fewestRings = 2;
export const mostRings = 6;
const longestRingName = 100;

/** A number that is being typed may be none yet. */
export type Typed = number | '';

export type CategoryChoice = 'inherit' | 'manual' | 'automatic';

export interface CategoryDraft {
  install: CategoryChoice;
  days: Typed;
}

export interface DeadlineDraft {
  choice: 'inherit' | 'none' | 'days';
  days: Typed;
}

export interface RingsDraft {
  names: string[];
  wait: Typed;
  attempted: Typed;
  success: Typed;
  stopDevices: Typed;
  stopPercent: Typed;
}

export interface RestartDraft extends Courtesy {
  choice: CategoryChoice;
}

export type SwitchChoice = 'inherit' | Switch;

export interface DeviceChoice {
  id: string;
  name: string;
}

/** A scope that is being chosen. Its parts are apart, because the server refuses them apart. */
export interface ScopeDraft {
  kind: ScopeKind;
  tenant: string;
  group: string;
  device: DeviceChoice | null;
}

/** What the editor holds. */
export interface PolicyDraft extends ScopeDraft {
  categories: Record<UpdateCategory, CategoryDraft>;
  deadline: DeadlineDraft;
  ring: number | null;
  rings: RingsDraft | null;
  restart: RestartDraft;
  microsoftUpdate: SwitchChoice;
  automaticUpdates: SwitchChoice;
}

const inheritAll = (): PolicyDraft['categories'] =>
  Object.fromEntries(
    updateCategories.map((category) => [category, { install: 'inherit', days: 0 }]),
  ) as PolicyDraft['categories'];

export function emptyDraft(tenant: string): PolicyDraft {
  return {
    kind: 'tenant',
    tenant,
    group: '',
    device: null,
    categories: inheritAll(),
    deadline: { choice: 'inherit', days: 14 },
    ring: null,
    rings: null,
    restart: { ...standardCourtesy, choice: 'inherit' },
    microsoftUpdate: 'inherit',
    automaticUpdates: 'inherit',
  };
}

export const standardRings: RingsDraft = {
  names: ['', ''],
  wait: 24,
  attempted: 50,
  success: 90,
  stopDevices: 2,
  stopPercent: 20,
};

export const presets = ['cautious', 'balanced', 'fast'] as const;
export type Preset = (typeof presets)[number];

type PresetRules = Pick<PolicyRules, 'categories' | 'restart'> & { deadline_days: number };

const restartsByItself: RestartEntry = {
  restart: 'automatic',
  delay_minutes: 15,
  postponements: { most: 2, minutes: 30 },
};

function automatic(after_days: number, ...categories: UpdateCategory[]): CategoryEntry[] {
  return categories.map((category) => ({ category, install: 'automatic', after_days }));
}

const byHand: CategoryEntry[] = (['feature_update', 'driver'] as const).map((category) => ({
  category,
  install: 'manual',
}));

/** To begin with. What could surprise people, drivers and new versions of Windows, is in none. */
export const presetRules: Record<Preset, PresetRules> = {
  cautious: {
    categories: [...automatic(7, 'critical', 'security'), ...automatic(0, 'definition'), ...byHand],
    deadline_days: 30,
    restart: { restart: 'manual' },
  },
  balanced: {
    categories: [
      ...automatic(3, 'critical', 'security'),
      ...automatic(0, 'definition'),
      ...automatic(7, 'update_rollup', 'tool'),
      ...byHand,
    ],
    deadline_days: 14,
    restart: restartsByItself,
  },
  fast: {
    categories: [
      ...automatic(0, 'critical', 'security', 'definition', 'update_rollup', 'tool'),
      ...automatic(3, 'service_pack', 'feature_pack', 'optional'),
      ...byHand,
    ],
    deadline_days: 7,
    restart: restartsByItself,
  },
};

function ringsDraft(plan: RingPlan): RingsDraft {
  return {
    names: [...plan.names],
    wait: plan.wait_hours,
    attempted: plan.attempted_percent,
    success: plan.success_percent,
    stopDevices: plan.stop_failed_devices,
    stopPercent: plan.stop_failed_percent,
  };
}

function restartDraft(entry: RestartEntry): RestartDraft {
  const { restart, delay_minutes, postponements } = entry;
  if (restart === 'manual') return { ...standardCourtesy, choice: 'manual' };
  return {
    choice: 'automatic',
    delayMinutes: delay_minutes ?? 0,
    mostPostponements: postponements?.most ?? 0,
    postponeMinutes: postponements?.minutes ?? standardCourtesy.postponeMinutes,
  };
}

/** The rules as the editor holds them, in place of what the draft says. */
export function withRules(draft: PolicyDraft, rules: PolicyRules): PolicyDraft {
  const categories = inheritAll();
  for (const { category, install, after_days } of rules.categories) {
    categories[category] = { install, days: after_days ?? 0 };
  }
  const days = rules.deadline_days ?? null;
  return {
    ...draft,
    categories,
    deadline:
      days === null
        ? { choice: 'inherit', days: 14 }
        : { choice: days === 0 ? 'none' : 'days', days: days || 14 },
    ring: rules.ring ?? null,
    rings: rules.rings ? ringsDraft(rules.rings) : null,
    restart: rules.restart ? restartDraft(rules.restart) : emptyDraft(draft.tenant).restart,
    microsoftUpdate: rules.microsoft_update ?? 'inherit',
    automaticUpdates: rules.control_automatic_updates ?? 'inherit',
  };
}

export function draftOfPolicy(policy: UpdatePolicy): PolicyDraft {
  const { kind, group_id, device_id, name } = policy.scope;
  const draft: PolicyDraft = {
    ...emptyDraft(policy.tenant_id),
    kind,
    group: group_id ?? '',
    device: device_id ? { id: device_id, name: name ?? '' } : null,
  };
  return withRules(draft, policy.rules);
}

function planOf(rings: RingsDraft): RingPlan {
  return {
    names: rings.names.map((name) => name.trim()),
    wait_hours: Number(rings.wait),
    attempted_percent: Number(rings.attempted),
    success_percent: Number(rings.success),
    stop_failed_devices: Number(rings.stopDevices),
    stop_failed_percent: Number(rings.stopPercent),
  };
}

function restartEntry(draft: RestartDraft): RestartEntry | null {
  if (draft.choice === 'inherit') return null;
  if (draft.choice === 'manual') return { restart: 'manual' };
  return { restart: 'automatic', ...restartTerms(draft) };
}

export function rulesOf(draft: PolicyDraft): PolicyRules {
  const { deadline } = draft;
  const days = deadline.choice === 'days' ? Number(deadline.days) : 0;
  return {
    categories: updateCategories.flatMap((category): CategoryEntry[] => {
      const { install, days: after } = draft.categories[category];
      if (install === 'inherit') return [];
      if (install === 'manual') return [{ category, install }];
      return [{ category, install, after_days: Number(after) }];
    }),
    deadline_days: deadline.choice === 'inherit' ? null : days,
    ring: draft.ring,
    rings: draft.kind === 'tenant' && draft.rings ? planOf(draft.rings) : null,
    restart: restartEntry(draft.restart),
    microsoft_update: draft.microsoftUpdate === 'inherit' ? null : draft.microsoftUpdate,
    control_automatic_updates: draft.automaticUpdates === 'inherit' ? null : draft.automaticUpdates,
  };
}

export function newPolicyOf(draft: PolicyDraft): NewUpdatePolicy {
  return {
    tenant_id: draft.tenant,
    group_id: draft.kind === 'group' ? draft.group : null,
    device_id: draft.kind === 'device' ? (draft.device?.id ?? null) : null,
    rules: rulesOf(draft),
  };
}

function within(value: Typed, from: number, to: number): boolean {
  return value !== '' && Number.isInteger(value) && value >= from && value <= to;
}

/** What is wrong with the draft, as a text key. */
type Problem =
  | 'policies.days_wrong'
  | 'policies.deadline_wrong'
  | 'policies.group_missing'
  | 'policies.device_missing'
  | 'policies.ring_name_missing'
  | 'policies.ring_name_long'
  | 'policies.ring_name_twice'
  | 'policies.wait_wrong'
  | 'policies.percent_wrong'
  | 'policies.stop_devices_wrong'
  | null;

export function categoriesProblem({ categories }: PolicyDraft): Problem {
  const wrong = Object.values(categories).some(
    ({ install, days }) => install === 'automatic' && !within(days, 0, longestDays),
  );
  return wrong ? 'policies.days_wrong' : null;
}

export function deadlineProblem({ deadline }: PolicyDraft): Problem {
  const wrong = deadline.choice === 'days' && !within(deadline.days, 1, longestDays);
  return wrong ? 'policies.deadline_wrong' : null;
}

export function groupProblem({ kind, group }: ScopeDraft): 'policies.group_missing' | null {
  return kind === 'group' && group === '' ? 'policies.group_missing' : null;
}

export function deviceProblem({ kind, device }: ScopeDraft): 'policies.device_missing' | null {
  return kind === 'device' && device === null ? 'policies.device_missing' : null;
}

export function ringsProblem({ kind, rings }: PolicyDraft): Problem {
  if (kind !== 'tenant' || rings === null) return null;
  const names = rings.names.map((name) => name.trim());
  if (names.some((name) => name === '')) return 'policies.ring_name_missing';
  if (names.some((name) => [...name].length > longestRingName)) return 'policies.ring_name_long';
  if (new Set(names).size < names.length) return 'policies.ring_name_twice';
  if (!within(rings.wait, 0, longestWait)) return 'policies.wait_wrong';
  const percents = [rings.attempted, rings.success, rings.stopPercent];
  if (!percents.every((percent) => within(percent, 1, 100))) return 'policies.percent_wrong';
  return within(rings.stopDevices, 1, 65_535) ? null : 'policies.stop_devices_wrong';
}

export function isSound(draft: PolicyDraft): boolean {
  const checks = [categoriesProblem, deadlineProblem, groupProblem, deviceProblem, ringsProblem];
  return checks.every((check) => check(draft) === null);
}

type Place = Pick<ScopeReference, 'kind' | 'group_id' | 'device_id'>;

export function sameScope(one: Place, other: Place): boolean {
  return (
    one.kind === other.kind &&
    (one.group_id ?? null) === (other.group_id ?? null) &&
    (one.device_id ?? null) === (other.device_id ?? null)
  );
}

export function scopeOfDraft(draft: ScopeDraft): Place {
  return {
    kind: draft.kind,
    group_id: draft.kind === 'group' ? draft.group : null,
    device_id: draft.kind === 'device' ? (draft.device?.id ?? null) : null,
  };
}

/** A group, and those that it lies in, from the inner to the outer. */
export function groupChain(groups: readonly Group[], id: string | null): string[] {
  const chain: string[] = [];
  let current = groups.find((group) => group.id === id);
  while (current && !chain.includes(current.id)) {
    chain.push(current.id);
    const parent: string | null = current.parent_id ?? null;
    current = groups.find((group) => group.id === parent);
  }
  return chain;
}

/** The policies around a tenant's or a group's, from the narrowest to the tenant's. */
export function widerPolicies(
  policies: readonly UpdatePolicy[],
  groups: readonly Group[],
  place: Place,
): UpdatePolicy[] {
  if (place.kind === 'tenant') return [];
  const around = groupChain(groups, place.group_id ?? null).filter((id) => id !== place.group_id);
  const places: Place[] = [
    ...around.map((group_id): Place => ({ kind: 'group', group_id })),
    { kind: 'tenant' },
  ];
  return places.flatMap((wider) => policies.find(({ scope }) => sameScope(scope, wider)) ?? []);
}

export interface Inherited<Rule> {
  rule: Rule;
  policy: UpdatePolicy;
}

function first<Rule>(
  wider: readonly UpdatePolicy[],
  say: (rules: PolicyRules) => Rule | null | undefined,
): Inherited<Rule> | null {
  for (const policy of wider) {
    const rule = say(policy.rules) ?? null;
    if (rule !== null) return { rule, policy };
  }
  return null;
}

export function inheritedCategory(wider: readonly UpdatePolicy[], category: UpdateCategory) {
  return first(wider, ({ categories }) => categories.find((entry) => entry.category === category));
}

export function inheritedDeadline(wider: readonly UpdatePolicy[]) {
  return first(wider, ({ deadline_days }) => deadline_days);
}

export function inheritedRing(wider: readonly UpdatePolicy[]) {
  return first(wider, ({ ring }) => ring);
}

export function inheritedRestart(wider: readonly UpdatePolicy[]) {
  return first(wider, ({ restart }) => restart);
}

/** The two questions about Windows, as policies name them. */
export const switches = ['microsoft_update', 'control_automatic_updates'] as const;
export type SwitchName = (typeof switches)[number];

export function inheritedSwitch(wider: readonly UpdatePolicy[], name: SwitchName) {
  return first(wider, (rules) => rules[name]);
}

/** The names of the tenant's rings; empty if it has none. */
export function ringNames(policies: readonly UpdatePolicy[], tenantId: string): string[] {
  const own = policies.find(
    ({ tenant_id, scope }) => tenant_id === tenantId && scope.kind === 'tenant',
  );
  return own?.rules.rings?.names ?? [];
}

/** What the address of a new policy holds. */
export interface NewPolicySearch {
  preset?: Preset;
  group?: string;
  device?: string;
}
