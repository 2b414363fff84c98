import type { components } from '../src/api/generated/schema.d.ts';
import type { Account } from './accounts.ts';
import { type Body, json, page, problem } from './answers.ts';
import type { Device } from './fleet.ts';
import { outlook } from './maintenance.ts';
import { explain } from './maintenance-rules.ts';
import { callerName, change, createTask, run, type State } from './state.ts';

type Schemas = components['schemas'];
type Action = Schemas['Action'];

interface Call {
  method: string;
  rest: string[];
  query: URLSearchParams;
  body: Body;
  pace: number;
  caller: Account;
}

export type Matches = (device: Device, query: Schemas['DeviceConditions']) => boolean;

function action(state: State, id: string): Action | null {
  const known = state.actions.get(id);
  if (!known) return null;
  const tasks = state.tasks.filter(({ action_id }) => action_id === id);
  const count = (wanted: string) => tasks.filter((task) => task.state === wanted).length;
  const ended = tasks.flatMap((task) => task.finished_at ?? []).sort();
  const failures = new Map<string, Action['failures'][number]>();
  for (const { state: how, reason_code } of tasks) {
    if (how !== 'failed' && how !== 'expired') continue;
    const key = `${how} ${reason_code}`;
    const before = failures.get(key)?.count ?? 0;
    failures.set(key, { state: how, reason_code, count: before + 1 });
  }
  const open = tasks.length - ended.length;
  return {
    ...known,
    tasks_total: tasks.length,
    tasks: {
      queued: count('queued'),
      delivered: count('delivered'),
      waiting_for_window: count('waiting_for_window'),
      running: count('running'),
      succeeded: count('succeeded'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      expired: count('expired'),
    },
    tasks_breaking_windows: tasks.filter(({ breaks_windows }) => breaks_windows).length,
    percent: tasks.length === 0 ? 100 : Math.floor((ended.length * 100) / tasks.length),
    started_at: tasks.flatMap((task) => task.started_at ?? []).sort()[0] ?? null,
    ended_at: open === 0 ? (ended.at(-1) ?? null) : null,
    failures: [...failures.values()].sort((one, other) => other.count - one.count),
    can: {
      cancel: open > 0 ? { allowed: true } : { allowed: false, reason: 'action_already_finished' },
    },
  };
}

function createAction(state: State, { body: sent, pace }: Call, matches: Matches): Response {
  const body = sent.as<Schemas['NewAction']>();
  const chosen = state.devices.filter((device) =>
    body.device_ids ? body.device_ids.includes(device.id) : matches(device, body.filter ?? {}),
  );
  if (chosen.length === 0) return problem(409, 'no_devices');
  const { update_keys: keys } = body;
  const offers = (device: Device) =>
    (state.updates.get(device.id) ?? []).some(({ key }) => keys?.includes(key));
  if (keys && !chosen.some(offers)) return problem(409, 'updates_not_offered');
  const { broken } = outlook(state, chosen, body);
  if (broken.length > 0 && !body.break_windows) return problem(409, 'outside_maintenance_window');
  const id = `act-${state.actions.size + 1}`;
  const asked = {
    kind: body.kind,
    when: body.when,
    deadline: body.deadline ?? null,
    categories: body.categories ?? null,
    delay_minutes: body.delay_minutes ?? null,
  };
  state.actions.set(id, {
    ...asked,
    id,
    created_at: new Date().toISOString(),
    created_by: callerName(state),
    created_by_kind: 'user',
    update_count: keys?.length ?? null,
  });
  for (const one of chosen) {
    const { id: device, hostname } = one;
    const task = createTask(state, {
      ...asked,
      action_id: id,
      device: { id: device, hostname },
      update_keys: keys ?? null,
      breaks_windows: outlook(state, [one], body).broken.length > 0,
      waits_for: null,
    });
    const windowAction = body.kind === 'restart' ? 'restart' : 'update';
    if (body.when.type === 'in_window') {
      const { because } = explain(state, one, windowAction);
      change(state, task, {
        state: 'waiting_for_window',
        waits_for:
          because === 'without_window'
            ? 'window_definition'
            : because === 'blackout'
              ? 'blackout'
              : 'window',
      });
    }
    run(state, task, pace * (0.7 + Math.random()));
  }
  return json(action(state, id), 201);
}

export function actionsRoute(state: State, call: Call, matches: Matches): Response {
  const { method, rest, query, caller } = call;
  const [id, part] = rest;
  if (id === 'outlook') {
    const body = call.body.as<Schemas['NewAction']>();
    const chosen = state.devices.filter((device) =>
      body.device_ids ? body.device_ids.includes(device.id) : matches(device, body.filter ?? {}),
    );
    return json(outlook(state, chosen, body));
  }
  if (!id) {
    if (method === 'POST') return createAction(state, call, matches);
    const all = [...state.actions.keys()].reverse().flatMap((known) => action(state, known) ?? []);
    const open = query.get('open');
    const found = all.filter(
      (one) =>
        (open === null || (one.ended_at === null) === (open === 'true')) &&
        (!query.get('kind') || one.kind === query.get('kind')) &&
        (query.get('own') !== 'true' || one.created_by === caller.name) &&
        (!query.get('created_by_kind') || one.created_by_kind === query.get('created_by_kind')),
    );
    return page(found, query);
  }
  const found = action(state, id);
  if (!found) return problem(404, 'not_found');
  if (part !== 'cancel') return json(found);
  if (!found.can.cancel.allowed) return problem(409, 'action_already_finished');
  for (const task of state.tasks) {
    if (task.action_id !== id || task.finished_at) continue;
    change(state, task, {
      state: 'cancelled',
      reason_code: 'cancelled_by_operator',
      finished_at: new Date().toISOString(),
    });
  }
  return json(action(state, id));
}
