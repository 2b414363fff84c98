import type { components } from '../src/api/generated/schema.d.ts';
import type { Alert, ApiToken, AuditEvent, Openid, Session } from '../src/api/types.ts';
import { createAccounts } from './accounts.ts';
import { createAlerts } from './alerts.ts';
import { recordHistory } from './audit.ts';
import { catalogue, createFleet, pendingOf, provider } from './fleet.ts';
import { createLedger, tellStory } from './ledger.ts';
import { createMaintenance } from './maintenance.ts';
import { createApiTokens } from './people.ts';
import { createPolicies } from './policies.ts';

type Schemas = components['schemas'];
export type Task = Schemas['Task'];

export interface LiveEvent {
  event: string;
  data: Record<string, string>;
}

const allowed = { allowed: true, reason: null };
const finished = { allowed: false, reason: 'task_already_finished' };

function iso(at = Date.now()): string {
  return new Date(at).toISOString();
}

/** Everything the mock server knows; it forgets it when it stops. */
export function createState(size: number) {
  const now = Date.now();
  const fleet = createFleet(size, now);
  const listeners = new Set<(event: LiveEvent) => void>();
  const emit = (event: string, data: Record<string, string>) => {
    for (const listener of listeners) listener({ event, data });
  };
  const state = {
    ...fleet,
    ledger: createLedger(fleet.updates),
    policies: createPolicies(fleet.devices, now),
    maintenance: createMaintenance(now),
    alerts: [] as Alert[],
    accounts: createAccounts(),
    tenant: provider,
    /** The account whose request is being answered. */
    signedInAs: null as string | null,
    method: 'password' as Session['method'],
    userAgent: '',
    /** Wrong passwords in a row; after some the mock asks to wait. */
    failures: 0,
    /** Whether this server sends mail. */
    mails: process.env.LATARNIK_MOCK_MAIL === '1',
    links: new Map<string, { account: string; path: string }>(),
    ended: new Set<string>(),
    endedFor: new Set<string>(),
    apiTokens: createApiTokens() as ApiToken[],
    audit: [] as AuditEvent[],
    openid: new Map<string, Openid>(),
    tasks: [] as Task[],
    actions: new Map<string, KnownAction>(),
    tokens: [] as Schemas['EnrollmentToken'][],
    count: 0,
    emit,
    listen: (listener: (event: LiveEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  recordHistory(state);
  state.devices.forEach((device, index) => {
    if (!device.scan.scanned_at) return;
    const offered = state.updates.get(device.id) ?? [];
    const past = catalogue(device.os.family, now).slice(offered.length);
    const task = tellStory(state.ledger, { device, index, offered, past, now });
    if (task) state.tasks.push(task);
  });
  state.alerts = createAlerts(state, now);
  return state;
}

/** Who is signed in, by name. */
export function callerName({ accounts, signedInAs }: State): string {
  return accounts.find(({ id }) => id === signedInAs)?.name ?? '';
}

/** An action without what follows from its tasks. */
export type KnownAction = Omit<
  Schemas['Action'],
  | 'tasks'
  | 'tasks_total'
  | 'tasks_breaking_windows'
  | 'percent'
  | 'started_at'
  | 'ended_at'
  | 'failures'
  | 'can'
>;

export type State = ReturnType<typeof createState>;

export function change(state: State, task: Task, values: Partial<Task>): void {
  const device = state.devices.find(({ id }) => id === task.device.id);
  const index = state.tasks.findIndex(({ id }) => id === task.id);
  const before = state.tasks[index];
  if (!before) return;
  const ended = values.finished_at !== undefined && !before.finished_at;
  const next = { ...before, ...values, can: { cancel: values.finished_at ? finished : allowed } };
  state.tasks[index] = next;
  if (device && ended) device.open_tasks -= 1;
  state.emit('task_changed', {
    id: task.id,
    device_id: task.device.id,
    action_id: task.action_id,
    state: next.state,
  });
  state.emit('action_changed', { id: task.action_id });
  if (ended) state.emit('device_changed', { id: task.device.id });
}

export function createTask(
  state: State,
  values: Pick<
    Task,
    | 'action_id'
    | 'kind'
    | 'when'
    | 'deadline'
    | 'device'
    | 'update_keys'
    | 'categories'
    | 'delay_minutes'
    | 'postponements'
    | 'breaks_windows'
    | 'waits_for'
  >,
): Task {
  state.count += 1;
  const task: Task = {
    id: `tsk-${String(state.count).padStart(5, '0')}`,
    state: values.when.type === 'in_window' ? 'waiting_for_window' : 'queued',
    created_at: iso(),
    created_by: callerName(state),
    created_by_kind: 'user',
    updates: [],
    can: { cancel: allowed },
    ...values,
  };
  state.tasks.unshift(task);
  const device = state.devices.find(({ id }) => id === values.device.id);
  if (device) device.open_tasks += 1;
  state.emit('task_changed', {
    id: task.id,
    device_id: task.device.id,
    action_id: task.action_id,
    state: task.state,
  });
  return task;
}

function finishScan(state: State, task: Task): void {
  const device = state.devices.find(({ id }) => id === task.device.id);
  if (device) {
    state.ledger.scanned(device.id);
    device.scan = { state: 'succeeded', scanned_at: iso(), attempted_at: iso() };
    device.pending_updates = pendingOf(state.updates.get(device.id) ?? []);
  }
}

function finishInstall(state: State, task: Task): Task['updates'] {
  const device = state.devices.find(({ id }) => id === task.device.id);
  const offered = state.updates.get(task.device.id) ?? [];
  const chosen = offered.filter(
    ({ key, category }) =>
      (!task.update_keys || task.update_keys.includes(key)) &&
      (!task.categories || task.categories.includes(category)),
  );
  const results = chosen.map(({ key, title }, index) => ({
    key,
    title,
    outcome: index === 1 ? ('failed' as const) : ('installed' as const),
    result_code: index === 1 ? 4 : 2,
    hresult: index === 1 ? '0x80070643' : '0x00000000',
    restart_required: index === 0,
  }));
  state.ledger.settle(task, results);
  const installed = new Set(
    results.filter(({ outcome }) => outcome === 'installed').map(({ key }) => key),
  );
  const left = offered.filter(({ key }) => !installed.has(key));
  state.updates.set(task.device.id, left);
  if (device) device.pending_updates = pendingOf(left);
  return results;
}

/** Walks a task through its states as an agent would. */
export function run(state: State, task: Task, pace: number): void {
  const device = state.devices.find(({ id }) => id === task.device.id);
  if (task.when.type !== 'now' || device?.connection === 'offline') return;
  const open = () => state.tasks.find(({ id }) => id === task.id)?.finished_at === undefined;
  const step = (wait: number, apply: () => void) =>
    setTimeout(() => open() && apply(), wait * pace);
  step(1, () => {
    if (task.kind === 'install_updates') state.ledger.approve(task);
    change(state, task, { state: 'delivered', delivered_at: iso() });
  });
  step(2, () =>
    change(state, task, {
      state: 'running',
      started_at: iso(),
      progress: { done: 0, total: 4, percent: 0, current: null },
    }),
  );
  step(4, () =>
    change(state, task, { progress: { done: 2, total: 4, percent: 50, current: 'KB5070001' } }),
  );
  step(7, () => {
    if (task.kind === 'scan') finishScan(state, task);
    const updates = task.kind === 'install_updates' ? finishInstall(state, task) : [];
    if (task.kind === 'restart' && device) {
      device.restart = { required: 'no', signals: [], postponed: 0 };
      state.ledger.restarted(device.id);
    }
    const failed = updates.some(({ outcome }) => outcome === 'failed');
    change(state, task, {
      state: failed ? 'failed' : 'succeeded',
      reason_code: failed ? 'windows_update_error' : null,
      finished_at: iso(),
      exit_code: failed ? 1 : 0,
      stdout_excerpt: 'searching: IsInstalled=0 and IsHidden=0\nfound 7 updates in 3.2 s',
      log_bytes: 18_240,
      progress: null,
      updates,
    });
  });
}
