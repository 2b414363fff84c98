import type { components } from '../src/api/generated/schema.d.ts';
import { type Device, groups, tenants, withPermissions } from './fleet.ts';
import { change, createTask, run, type State } from './state.ts';

type Schemas = components['schemas'];

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json' },
  });
}

function problem(status: number, code: string): Response {
  const body = { type: 'about:blank', title: code, status, code, request_id: 'req-mock-0001' };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });
}

function session(state: State): Schemas['Session'] {
  const acts = state.user.role !== 'client_view';
  const owner = state.user.role === 'owner';
  return {
    user: state.user,
    tenant: state.tenant,
    can: {
      read_devices: true,
      scan_devices: acts,
      install_updates: acts,
      restart_devices: acts,
      cancel_tasks: acts,
      move_devices: owner,
      remove_devices: owner,
      manage_enrollment_tokens: owner,
    },
    server_version: '0.1.0',
  };
}

function matches(device: Device, query: Schemas['DeviceConditions']): boolean {
  const { total } = device.pending_updates;
  const updates =
    total === null || total === undefined ? 'unknown' : total > 0 ? 'pending' : 'none';
  return (
    (!query.tenant_id || device.tenant.id === query.tenant_id) &&
    (!query.group_id || device.group?.id === query.group_id) &&
    (!query.search || device.hostname.toLowerCase().includes(query.search.toLowerCase())) &&
    (!query.os_family || device.os.family === query.os_family) &&
    (!query.connection || device.connection === query.connection) &&
    (!query.restart || device.restart.required === 'yes') &&
    (!query.updates || updates === query.updates)
  );
}

const sortKeys: Record<string, (device: Device) => string | number> = {
  hostname: (device) => device.hostname.toLowerCase(),
  os_name: (device) => device.os.name,
  agent_version: (device) => device.agent_version,
  pending_updates: (device) => device.pending_updates.total ?? -1,
  restart: (device) => ['no', 'unknown', 'yes'].indexOf(device.restart.required),
  last_scan_at: (device) => device.scan.scanned_at ?? '',
  last_seen_at: (device) => device.last_seen_at ?? '',
};

function sorted(devices: Device[], sort: string): Device[] {
  const key = sortKeys[sort.replace('-', '')] ?? sortKeys.hostname;
  const sign = sort.startsWith('-') ? -1 : 1;
  return [...devices].sort((one, other) => {
    const [a, b] = [key?.(one) ?? '', key?.(other) ?? ''];
    return a < b ? -sign : a > b ? sign : 0;
  });
}

function page<Item>(items: readonly Item[], query: URLSearchParams): Response {
  const limit = Number(query.get('limit') ?? 50);
  const from = Number(query.get('cursor') ?? 0);
  const next = from + limit < items.length ? String(from + limit) : null;
  const total = query.get('count') === 'true' ? { total: items.length } : {};
  return json({ items: items.slice(from, from + limit), next_cursor: next, ...total });
}

function action(state: State, id: string): Schemas['Action'] | null {
  const known = state.actions.get(id);
  if (!known) return null;
  const tasks = state.tasks.filter(({ action_id }) => action_id === id);
  const count = (wanted: string) => tasks.filter((task) => task.state === wanted).length;
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
  };
}

function createAction(state: State, body: Schemas['NewAction'], pace: number): Response {
  const chosen = state.devices.filter((device) =>
    body.device_ids ? body.device_ids.includes(device.id) : matches(device, body.filter ?? {}),
  );
  if (chosen.length === 0) return problem(409, 'no_devices');
  const id = `act-${state.actions.size + 1}`;
  state.actions.set(id, {
    id,
    kind: body.kind,
    when: body.when,
    created_at: new Date().toISOString(),
    created_by: state.user.name,
  });
  for (const device of chosen) {
    const task = createTask(state, {
      action_id: id,
      kind: body.kind,
      when: body.when,
      device: { id: device.id, hostname: device.hostname },
      update_keys: body.update_keys ?? null,
      delay_minutes: body.delay_minutes ?? null,
    });
    run(state, task, pace * (0.7 + Math.random()));
  }
  return json(action(state, id), 201);
}

function createToken(state: State, body: Schemas['NewEnrollmentToken']): Response {
  const tenant = tenants.find(({ id }) => id === body.tenant_id) ?? state.tenant;
  const group = groups.find(({ id }) => id === body.group_id);
  const token: Schemas['EnrollmentToken'] = {
    id: `tok-${state.tokens.length + 1}`,
    name: body.name,
    tenant: { id: tenant.id, name: tenant.name },
    group: group ? { id: group.id, name: group.name } : null,
    created_at: new Date().toISOString(),
    created_by: state.user.name,
    expires_at: new Date(Date.now() + body.expires_in_hours * 3_600_000).toISOString(),
    max_uses: body.max_uses ?? null,
    uses: 0,
    state: 'active',
  };
  state.tokens.unshift(token);
  const secret = 'lat1.eyJnIjoiaHR0cHM6Ly9sYXRhcm5pay5leGFtcGxlLnRlc3Q6ODQ0MyJ9.9f2c4b7e1d';
  const base = 'https://latarnik.example.test/agent/programs';
  return json(
    {
      enrollment_token: token,
      token: secret,
      install_commands: [
        {
          platform: 'windows-x86_64',
          command: `irm ${base}/windows-x86_64 -OutFile latarnik-agent.exe; .\\latarnik-agent.exe install ${secret}`,
        },
        {
          platform: 'linux-x86_64',
          command: `curl -fsSL ${base}/linux-x86_64 -o latarnik-agent && chmod +x latarnik-agent && sudo ./latarnik-agent install ${secret}`,
        },
      ],
    },
    201,
  );
}

function devicesRoute(
  state: State,
  method: string,
  rest: string[],
  query: URLSearchParams,
  body: Schemas['DeviceChange'],
): Response {
  const acts = state.user.role !== 'client_view';
  const [id, part] = rest;
  if (!id) {
    const found = state.devices.filter((device) => matches(device, Object.fromEntries(query)));
    const list = sorted(found, query.get('sort') ?? 'hostname');
    return page(
      list.map((device) => withPermissions(device, acts)),
      query,
    );
  }
  const device = state.devices.find((candidate) => candidate.id === id);
  if (!device) return problem(404, 'not_found');
  if (part === 'updates') return page(state.updates.get(id) ?? [], query);
  if (method === 'DELETE') {
    state.devices.splice(state.devices.indexOf(device), 1);
    state.emit('device_removed', { id });
    return new Response(null, { status: 204 });
  }
  if (method === 'PATCH') {
    const group = groups.find((candidate) => candidate.id === body.group_id);
    device.group = group ? { id: group.id, name: group.name } : null;
  }
  return json(withPermissions(device, acts));
}

function tasksRoute(state: State, rest: string[], query: URLSearchParams): Response {
  const [id, part] = rest;
  if (!id) {
    const found = state.tasks.filter(
      (task) =>
        (!query.get('device_id') || task.device.id === query.get('device_id')) &&
        (!query.get('action_id') || task.action_id === query.get('action_id')) &&
        (!query.get('state') || task.state === query.get('state')) &&
        (!query.get('kind') || task.kind === query.get('kind')),
    );
    return page(query.get('sort') === 'created_at' ? found.reverse() : found, query);
  }
  const task = state.tasks.find((candidate) => candidate.id === id);
  if (!task) return problem(404, 'not_found');
  if (part === 'log') {
    const text = `2026-11-23T22:14:27Z scan started\n${task.stdout_excerpt ?? ''}\n`;
    return new Response(text, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
  }
  if (part === 'cancel') {
    if (task.finished_at) return problem(409, 'task_already_finished');
    change(state, task, {
      state: 'cancelled',
      reason_code: 'cancelled_by_operator',
      finished_at: new Date().toISOString(),
    });
    return json(state.tasks.find((candidate) => candidate.id === id));
  }
  return json(task);
}

function sessionRoute(state: State, method: string, body: Schemas['NewSession']): Response {
  if (method === 'POST') {
    if (body.password !== 'latarnik') return problem(401, 'invalid_credentials');
    const viewer = body.email.startsWith('viewer');
    state.signedIn = true;
    state.user.role = viewer ? 'client_view' : 'owner';
    state.user.name = viewer ? 'Viewer' : 'Owner';
    state.user.email = body.email;
    return json(session(state));
  }
  if (method === 'DELETE') {
    state.signedIn = false;
    return new Response(null, { status: 204 });
  }
  return state.signedIn ? json(session(state)) : problem(401, 'not_signed_in');
}

/** The console's API without a server, for working on the console alone. */
export async function handle(state: State, request: Request, pace = 500): Promise<Response> {
  const { pathname, searchParams: query } = new URL(request.url);
  const [noun = '', ...rest] = pathname.replace('/api/v1/', '').split('/');
  const text = await request.text();
  const body = text === '' ? {} : JSON.parse(text);
  const { method } = request;
  if (noun === 'session') return sessionRoute(state, method, body);
  if (!state.signedIn) return problem(401, 'not_signed_in');
  if (noun === 'profile') {
    Object.assign(state.user, body);
    return json(session(state));
  }
  if (noun === 'tenants') return page(tenants, query);
  if (noun === 'groups') {
    const wanted = query.get('tenant_id');
    return page(
      groups.filter(({ tenant_id }) => !wanted || tenant_id === wanted),
      query,
    );
  }
  if (noun === 'devices') return devicesRoute(state, method, rest, query, body);
  if (noun === 'tasks') return tasksRoute(state, rest, query);
  if (noun === 'actions' && method === 'POST') return createAction(state, body, pace);
  if (noun === 'actions') {
    const found = action(state, rest[0] ?? '');
    return found ? json(found) : problem(404, 'not_found');
  }
  if (noun === 'enrollment-tokens' && method === 'POST') return createToken(state, body);
  if (noun === 'enrollment-tokens' && method === 'DELETE') {
    const token = state.tokens.find(({ id }) => id === rest[0]);
    if (token) token.state = 'revoked';
    return new Response(null, { status: 204 });
  }
  if (noun === 'enrollment-tokens') return page(state.tokens, query);
  return problem(404, 'not_found');
}
