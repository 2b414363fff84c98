import type {
  CategoryEntry,
  DeviceUpdate,
  DeviceUpdatePolicy,
  NewUpdateDecision,
  NewUpdatePolicy,
  PolicyAnswer,
  PolicyCounts,
  PolicyPreview,
  PolicyRules,
  Rollout,
  ScopeReference,
  UpdateDecision,
  UpdateName,
  UpdatePolicy,
  UpdatePolicyChange,
} from '../src/api/types.ts';
import { type Body, invalid, json, noContent, problem } from './answers.ts';
import { catalogue, type Device, groups, tenants } from './fleet.ts';
import { callerName, type State } from './state.ts';

const day = 86_400_000;
const hour = 3_600_000;
/** As the server: attempts that fail before a policy leaves an update to people. */
const retryAfter = 24 * hour;

function iso(at: number): string {
  return new Date(at).toISOString();
}

function automatic(after_days: number, ...categories: CategoryEntry['category'][]) {
  return categories.map(
    (category): CategoryEntry => ({ category, install: 'automatic', after_days }),
  );
}

const bakery = 'tnt-bakery';

export interface Policies {
  policies: UpdatePolicy[];
  decisions: UpdateDecision[];
  rollouts: Rollout[];
  count: number;
}

function group(part: string): ScopeReference {
  const id = `${bakery}-${part}`;
  return { kind: 'group', group_id: id, name: groups.find((one) => one.id === id)?.name };
}

/** One tenant with policies, decisions and rings, so that the pages have something to show. */
export function createPolicies(devices: readonly Device[], now: number): Policies {
  const policy = (
    id: string,
    scope: ScopeReference,
    rules: PolicyRules,
    ago: number,
  ): UpdatePolicy => ({
    id,
    tenant_id: bakery,
    scope,
    rules,
    version: 3,
    updated_at: iso(now - ago * hour),
    updated_by: 'Anna Wiśniewska',
  });
  const decision = (
    id: string,
    scope: ScopeReference,
    update: UpdateName,
    verdict: UpdateDecision['verdict'],
    note: string,
    ago: number,
  ): UpdateDecision => ({
    id,
    tenant_id: bakery,
    scope,
    update,
    verdict,
    note,
    decided_at: iso(now - ago * hour),
    decided_by: ago > 50 ? 'Marek Kowalczyk' : 'Anna Wiśniewska',
  });
  const windows = catalogue('windows', now);
  const rollout = (
    place: number,
    values: Pick<Rollout, 'state' | 'ring' | 'since' | 'rings'> & Partial<Rollout>,
  ): Rollout => ({
    id: `rol-${place}`,
    tenant_id: bakery,
    update_id: windows[place]?.id ?? '',
    title: windows[place]?.title ?? '',
    titles: windows[place]?.titles ?? {},
    kb: windows[place]?.kb,
    begun_at: iso(now - 6 * day),
    changed_by: null,
    ...values,
  });
  const rings = (...numbers: [number, number, number, number][]) =>
    numbers.map(([all, offered, installed, failed], index) => ({
      name: ['Pilot', 'Biura', 'Reszta'][index] ?? '',
      devices: all,
      offered,
      installed,
      failed,
    }));
  const laptop = devices.find(
    (device) => device.tenant.id === bakery && device.os.family === 'windows',
  );
  return {
    count: 0,
    policies: [
      policy(
        'pol-tenant',
        { kind: 'tenant' },
        {
          categories: [
            ...automatic(3, 'critical', 'security'),
            ...automatic(0, 'definition'),
            ...automatic(7, 'update_rollup', 'tool'),
            { category: 'feature_update', install: 'manual' },
            { category: 'driver', install: 'manual' },
          ],
          deadline_days: 14,
          restart: {
            restart: 'automatic',
            delay_minutes: 15,
            postponements: { most: 2, minutes: 30 },
          },
          control_automatic_updates: 'on',
          rings: {
            names: ['Pilot', 'Biura', 'Reszta'],
            wait_hours: 24,
            attempted_percent: 50,
            success_percent: 90,
            stop_failed_devices: 2,
            stop_failed_percent: 20,
          },
        },
        30,
      ),
      policy('pol-office', group('office'), { categories: [], ring: 2 }, 75),
      policy(
        'pol-servers',
        group('servers'),
        { categories: automatic(10, 'critical', 'security'), deadline_days: 0, ring: 3 },
        20,
      ),
      ...(laptop
        ? [
            policy(
              'pol-device',
              { kind: 'device', device_id: laptop.id, name: laptop.hostname },
              { categories: automatic(0, 'security', 'optional'), ring: 1 },
              5,
            ),
          ]
        : []),
    ],
    decisions: [
      decision(
        'dec-1',
        { kind: 'tenant' },
        { kind: 'kb', value: 'KB5071959' },
        'block',
        'Po niej drukarki fiskalne przestają odpowiadać (zgłoszenie 4412)',
        26,
      ),
      decision('dec-2', group('accounting'), { kind: 'kb', value: 'KB5068781' }, 'approve', '', 49),
      decision(
        'dec-3',
        group('servers'),
        { kind: 'package', value: 'linux-image-amd64' },
        'block',
        'Moduł macierzy nie działa z jądrem 6.1.158',
        100,
      ),
    ],
    rollouts: [
      rollout(1, {
        state: 'stopped_by_failures',
        ring: 1,
        since: iso(now - 5 * hour),
        rings: rings([4, 4, 1, 2], [9, 8, 0, 0], [11, 10, 0, 0]),
      }),
      rollout(0, {
        state: 'running',
        ring: 2,
        since: iso(now - 19 * hour),
        rings: rings([4, 4, 4, 0], [9, 8, 5, 1], [11, 10, 0, 0]),
      }),
      rollout(5, {
        state: 'complete',
        ring: 3,
        since: iso(now - 2 * day),
        rings: rings([4, 4, 4, 0], [9, 9, 9, 0], [11, 11, 8, 0]),
        changed_by: 'Anna Wiśniewska',
      }),
    ],
  };
}

function chain(device: Device): ScopeReference[] {
  const scopes: ScopeReference[] = [{ kind: 'device', device_id: device.id }];
  let current = groups.find(({ id }) => id === device.group?.id);
  while (current) {
    scopes.push({ kind: 'group', group_id: current.id });
    const parent = current.parent_id;
    current = groups.find(({ id }) => id === parent);
  }
  return [...scopes, { kind: 'tenant' }];
}

function same(one: ScopeReference, other: ScopeReference): boolean {
  return (
    one.kind === other.kind &&
    (one.group_id ?? null) === (other.group_id ?? null) &&
    (one.device_id ?? null) === (other.device_id ?? null)
  );
}

interface InForce {
  policies: UpdatePolicy[];
  decisions: UpdateDecision[];
}

function inForce(state: State, device: Device, policies: readonly UpdatePolicy[]): InForce {
  const scopes = chain(device);
  const own = <Item extends { tenant_id: string; scope: ScopeReference }>(items: readonly Item[]) =>
    scopes.flatMap((scope) =>
      items.filter((item) => item.tenant_id === device.tenant.id && same(item.scope, scope)),
    );
  return { policies: own(policies), decisions: own(state.policies.decisions) };
}

function names(update: DeviceUpdate, { kind, value }: UpdateName): boolean {
  if (kind === 'kb') return update.kb?.toUpperCase() === value.toUpperCase();
  return kind === 'package' ? update.package === value : update.id === value;
}

function ringOf(rules: InForce): number | null {
  const plan = rules.policies.find(({ scope }) => scope.kind === 'tenant')?.rules.rings;
  if (!plan) return null;
  const named = rules.policies.find(({ rules: { ring } }) => typeof ring === 'number');
  return named?.rules.ring ?? plan.names.length;
}

function decide(state: State, device: Device, update: DeviceUpdate, rules: InForce): PolicyAnswer {
  const now = Date.now();
  const first = Date.parse(update.first_offered_at);
  const days = rules.policies.find(({ rules: { deadline_days } }) => deadline_days != null)?.rules
    .deadline_days;
  const deadline = days ? first + days * day : null;
  const answer = (values: PolicyAnswer): PolicyAnswer => ({
    because: null,
    until: null,
    scope: null,
    deadline_at: values.verdict === 'due' || values.verdict === 'held' ? deadlineAt : null,
    ...values,
  });
  const deadlineAt = deadline === null ? null : iso(deadline);
  const decision = rules.decisions.find((one) => names(update, one.update));
  const policy = rules.policies.find(({ rules: { categories } }) =>
    categories.some(({ category }) => category === update.category),
  );
  const rule = policy?.rules.categories.find(({ category }) => category === update.category);
  const scope = (decision ?? policy)?.scope.kind ?? null;
  if (decision?.verdict === 'block') return answer({ verdict: 'blocked', scope });
  const busy = obstacle(update, now);
  if (decision) {
    return answer({ ...(busy ?? { verdict: 'due', because: 'approved' }), scope });
  }
  if (rule?.install !== 'automatic') return answer({ verdict: 'manual', scope });
  const due = first + (rule.after_days ?? 0) * day;
  const rollout = state.policies.rollouts.find(
    (one) => one.update_id === update.id && one.tenant_id === device.tenant.id,
  );
  const ring = ringOf(rules);
  const stopped = rollout?.state.startsWith('stopped') === true && ring !== null;
  if (stopped) return answer({ verdict: 'held', because: 'stopped', scope });
  if (deadline !== null && deadline <= now) {
    return answer({ ...(busy ?? { verdict: 'due', because: 'deadline' }), scope });
  }
  if (now < due) {
    const until = iso(deadline === null ? due : Math.min(due, deadline));
    return answer({ verdict: 'held', because: 'deferral', until, scope });
  }
  if (ring !== null && rollout?.state === 'running' && ring > rollout.ring) {
    return answer({ verdict: 'held', because: 'ring', scope });
  }
  return answer({ ...(busy ?? { verdict: 'due', because: 'automatic' }), scope });
}

function obstacle(update: DeviceUpdate, now: number): PolicyAnswer | null {
  const { state, since } = update.standing;
  if (state === 'failed') {
    const again = Date.parse(since) + retryAfter;
    return now < again
      ? { verdict: 'held', because: 'retry', until: iso(again) }
      : { verdict: 'held', because: 'failures' };
  }
  return state === 'offered' || state === 'downloaded'
    ? null
    : { verdict: 'held', because: 'in_hand' };
}

/** How many of the devices that wait for a restart do it by themselves. */
function restarting(state: State, devices: readonly Device[], policies: readonly UpdatePolicy[]) {
  return devices.filter((device) => {
    const rules = inForce(state, device, policies).policies;
    const rule = rules.find(({ rules: { restart } }) => restart)?.rules.restart;
    return device.restart.required === 'yes' && rule?.restart === 'automatic';
  }).length;
}

/** The device's offers with what policies say of each. */
export function withPolicy(state: State, device: Device): DeviceUpdate[] {
  const rules = inForce(state, device, state.policies.policies);
  return (state.updates.get(device.id) ?? []).map((update) => ({
    ...update,
    policy: decide(state, device, update, rules),
  }));
}

/** What the narrowest policy that speaks of it says, and whose it is. */
function inForceOf<Said, Name extends string>(
  rules: InForce,
  say: (own: PolicyRules) => Said | null | undefined,
  name: Name,
) {
  for (const { rules: own, scope } of rules.policies) {
    const said = say(own);
    if (said)
      return { [name]: said, scope: scope.kind } as Record<Name, Said> & {
        scope: typeof scope.kind;
      };
  }
  return null;
}

export function devicePolicy(state: State, device: Device): DeviceUpdatePolicy {
  const rules = inForce(state, device, state.policies.policies);
  const categories = new Map<string, DeviceUpdatePolicy['categories'][number]>();
  for (const { scope, rules: own } of rules.policies) {
    for (const rule of own.categories) {
      if (!categories.has(rule.category)) {
        categories.set(rule.category, { rule, scope: scope.kind });
      }
    }
  }
  const deadline = rules.policies.find(({ rules: { deadline_days } }) => deadline_days != null);
  const number = ringOf(rules);
  const named = rules.policies.find(({ rules: { ring } }) => typeof ring === 'number');
  const plan = rules.policies.find(({ scope }) => scope.kind === 'tenant')?.rules.rings;
  return {
    categories: [...categories.values()],
    deadline: deadline
      ? { days: deadline.rules.deadline_days ?? 0, scope: deadline.scope.kind }
      : null,
    ring:
      number === null
        ? null
        : { number, name: plan?.names[number - 1] ?? '', scope: named?.scope.kind ?? null },
    restart: inForceOf(rules, ({ restart }) => restart, 'rule'),
    microsoft_update: inForceOf(rules, (own) => own.microsoft_update, 'value'),
    control_automatic_updates: inForceOf(rules, (own) => own.control_automatic_updates, 'value'),
    ...rules,
  };
}

const nothing = (): PolicyCounts => ({
  due: 0,
  deferred: 0,
  waiting: 0,
  stopped: 0,
  failed: 0,
  in_hand: 0,
  manual: 0,
  blocked: 0,
});

const heldCounts = {
  deferral: 'deferred',
  ring: 'waiting',
  stopped: 'stopped',
  retry: 'failed',
  failures: 'failed',
  in_hand: 'in_hand',
} as const satisfies Record<string, keyof PolicyCounts>;

function countOf({ verdict, because }: PolicyAnswer): keyof PolicyCounts {
  if (verdict !== 'held') return verdict;
  return because && because in heldCounts
    ? heldCounts[because as keyof typeof heldCounts]
    : 'waiting';
}

function preview(state: State, scope: ScopeReference, policy: UpdatePolicy): PolicyPreview {
  const others = state.policies.policies.filter(
    (one) => one.tenant_id !== policy.tenant_id || !same(one.scope, scope),
  );
  const inScope = state.devices.filter(
    (device) =>
      device.tenant.id === policy.tenant_id && chain(device).some((one) => same(one, scope)),
  );
  const [before, after] = [nothing(), nothing()];
  const updates = new Map<string, PolicyPreview['updates'][number]>();
  const devices: PolicyPreview['devices'] = [];
  for (const device of inScope) {
    const [old, next] = [state.policies.policies, [...others, policy]].map((all) =>
      inForce(state, device, all),
    );
    if (!old || !next) continue;
    const own = { id: device.id, hostname: device.hostname, before: nothing(), after: nothing() };
    for (const update of state.updates.get(device.id) ?? []) {
      const entry = updates.get(update.id) ?? {
        id: update.id,
        title: update.title,
        titles: update.titles,
        kb: update.kb,
        package: update.package,
        category: update.category,
        before: nothing(),
        after: nothing(),
        next_at: null,
      };
      updates.set(update.id, entry);
      const was = countOf(decide(state, device, update, old));
      const answer = decide(state, device, update, next);
      const will = countOf(answer);
      for (const counts of [before, own.before, entry.before]) counts[was] += 1;
      for (const counts of [after, own.after, entry.after]) counts[will] += 1;
      if (answer.because === 'deferral' && answer.until) {
        const until = answer.until;
        entry.next_at = entry.next_at && entry.next_at < until ? entry.next_at : until;
      }
    }
    if ((state.updates.get(device.id) ?? []).length > 0) devices.push(own);
  }
  const most = (one: { after: PolicyCounts }, other: { after: PolicyCounts }) =>
    other.after.due - one.after.due || other.after.deferred - one.after.deferred;
  return {
    devices_in_scope: inScope.length,
    restarts: {
      before: restarting(state, inScope, state.policies.policies),
      after: restarting(state, inScope, [...others, policy]),
    },
    before,
    after,
    updates: [...updates.values()].sort(most),
    updates_total: updates.size,
    devices: devices.sort(most),
    devices_total: devices.length,
  };
}

type Wanted = Pick<NewUpdatePolicy, 'tenant_id' | 'group_id' | 'device_id'>;

function scopeOf(state: State, wanted: Wanted): ScopeReference | Response {
  if (wanted.group_id) {
    const found = groups.find(({ id }) => id === wanted.group_id);
    return found
      ? { kind: 'group', group_id: found.id, name: found.name }
      : invalid('group_id', 'unknown');
  }
  if (wanted.device_id) {
    const found = state.devices.find(({ id }) => id === wanted.device_id);
    return found
      ? { kind: 'device', device_id: found.id, name: found.hostname }
      : invalid('device_id', 'unknown');
  }
  return { kind: 'tenant' };
}

const scopeFields = { tenant: 'tenant_id', group: 'group_id', device: 'device_id' } as const;

function refuse(rules: PolicyRules): Response | null {
  if (rules.categories.some(({ after_days }) => (after_days ?? 0) > 365)) {
    return invalid('categories', 'out_of_range');
  }
  if ((rules.deadline_days ?? 0) > 365) return invalid('deadline_days', 'out_of_range');
  const rings = rules.rings?.names ?? [];
  return new Set(rings).size < rings.length ? invalid('rings', 'taken') : null;
}

function listed<Item extends { tenant_id: string }>(
  items: readonly Item[],
  query: URLSearchParams,
  own: string,
): Response {
  const wanted = query.get('tenant_id');
  const provider = tenants[0]?.id;
  return json({
    items: items.filter(
      ({ tenant_id }) =>
        (!wanted || tenant_id === wanted) && (own === provider || tenant_id === own),
    ),
    next_cursor: null,
  });
}

interface Request {
  method: string;
  rest: string[];
  query: URLSearchParams;
  body: Body;
}

export function policiesRoute(state: State, own: string, may: boolean, request: Request): Response {
  const { method, rest, query, body } = request;
  const { policies } = state.policies;
  const [id] = rest;
  if (!id && method === 'GET') return listed(policies, query, own);
  if (method !== 'GET' && !may) return problem(403, 'forbidden');
  if (method === 'POST') return makePolicy(state, own, id === 'preview', body.as());
  const policy = policies.find((one) => one.id === id);
  if (!policy) return problem(404, 'not_found');
  if (method === 'DELETE') {
    policies.splice(policies.indexOf(policy), 1);
    state.emit('policies_changed', { tenant_id: policy.tenant_id });
    return noContent();
  }
  if (method === 'PUT') {
    const { version, rules } = body.as<UpdatePolicyChange>();
    if (version !== policy.version) return problem(409, 'changed_meanwhile');
    const refused = refuse(rules);
    if (refused) return refused;
    Object.assign(policy, {
      rules,
      version: version + 1,
      updated_at: iso(Date.now()),
      updated_by: callerName(state),
    });
    state.emit('policies_changed', { tenant_id: policy.tenant_id });
  }
  return json(policy);
}

function makePolicy(state: State, own: string, only: boolean, wanted: NewUpdatePolicy): Response {
  const { policies } = state.policies;
  const tenant_id = wanted.tenant_id ?? own;
  const scope = scopeOf(state, wanted);
  if (scope instanceof Response) return scope;
  const refused = refuse(wanted.rules);
  if (refused) return refused;
  state.policies.count += 1;
  const policy: UpdatePolicy = {
    id: `pol-${state.policies.count}`,
    tenant_id,
    scope,
    rules: wanted.rules,
    version: 1,
    updated_at: iso(Date.now()),
    updated_by: callerName(state),
  };
  if (only) return json(preview(state, scope, policy));
  if (policies.some((one) => one.tenant_id === tenant_id && same(one.scope, scope))) {
    return invalid(scopeFields[scope.kind], 'taken');
  }
  policies.push(policy);
  state.emit('policies_changed', { tenant_id });
  return json(policy, 201);
}

export function decisionsRoute(
  state: State,
  own: string,
  may: boolean,
  { method, rest, query, body }: Request,
): Response {
  const { decisions } = state.policies;
  if (method === 'GET') return listed(decisions, query, own);
  if (!may) return problem(403, 'forbidden');
  if (method === 'DELETE') {
    const decision = decisions.find(({ id }) => id === rest[0]);
    if (!decision) return problem(404, 'not_found');
    decisions.splice(decisions.indexOf(decision), 1);
    state.emit('policies_changed', { tenant_id: decision.tenant_id });
    return noContent();
  }
  const wanted = body.as<NewUpdateDecision>();
  const scope = scopeOf(state, wanted);
  if (scope instanceof Response) return scope;
  const tenant_id = wanted.tenant_id ?? own;
  const before = decisions.findIndex(
    (one) =>
      one.tenant_id === tenant_id &&
      same(one.scope, scope) &&
      one.update.kind === wanted.update.kind &&
      one.update.value === wanted.update.value,
  );
  if (before >= 0) decisions.splice(before, 1);
  state.policies.count += 1;
  const decision: UpdateDecision = {
    id: `dec-n${state.policies.count}`,
    tenant_id,
    scope,
    update: wanted.update,
    verdict: wanted.verdict,
    note: wanted.note ?? '',
    decided_at: iso(Date.now()),
    decided_by: callerName(state),
  };
  decisions.unshift(decision);
  state.emit('policies_changed', { tenant_id });
  return json(decision, 201);
}

export function rolloutsRoute(
  state: State,
  own: string,
  may: boolean,
  { method, rest, query }: Request,
): Response {
  const { rollouts } = state.policies;
  if (method === 'GET') return listed(rollouts, query, own);
  if (!may) return problem(403, 'forbidden');
  const rollout = rollouts.find(({ id }) => id === rest[0]);
  if (!rollout) return problem(404, 'not_found');
  if (rollout.state === 'complete') return problem(409, 'rollout_complete');
  const release = rest[1] === 'release';
  Object.assign(rollout, {
    state: rest[1] === 'stop' ? 'stopped_by_person' : release ? 'complete' : 'running',
    ring: release ? rollout.rings.length : rollout.ring,
    since: iso(Date.now()),
    changed_by: callerName(state),
  });
  state.emit('policies_changed', { tenant_id: rollout.tenant_id });
  return json(rollout);
}
