import type { components } from '../src/api/generated/schema.d.ts';
import type { Session } from '../src/api/types.ts';
import { type Account, canOf } from './accounts.ts';
import { actionsRoute } from './actions.ts';
import { alertsRoute } from './alerts.ts';
import { Body, json, noContent, page, problem } from './answers.ts';
import { auditRoute } from './audit.ts';
import { type Device, groups, tenants, withPermissions } from './fleet.ts';
import {
  blackoutsRoute,
  explanationRoute,
  feedsRoute,
  planRoute,
  settingsRoute,
  windowsRoute,
} from './maintenance.ts';
import { maintenanceOf } from './maintenance-rules.ts';
import { apiTokensRoute, tokenHolder, usersRoute } from './people.ts';
import { groupsRoute, redirectUrl, tenantsRoute } from './places.ts';
import {
  decisionsRoute,
  devicePolicy,
  policiesRoute,
  rolloutsRoute,
  withPolicy,
} from './policies.ts';
import {
  linksRoute,
  openidSignInRoute,
  profileRoute,
  recall,
  sessionRoute,
  sessionsRoute,
} from './sign-in.ts';
import { callerName, change, type State } from './state.ts';
import { stepsRoute, updatesRoute } from './updates.ts';

type Schemas = components['schemas'];

/** Directly, or in a group within it. */
function isInGroup(device: Device, query: Schemas['DeviceConditions']): boolean {
  let place = groups.find(({ id }) => id === device.group?.id);
  while (place && place.id !== query.group_id && query.subgroups) {
    const parent: string | null | undefined = place.parent_id;
    place = groups.find(({ id }) => id === parent);
  }
  return place?.id === query.group_id;
}

function matches(device: Device, query: Schemas['DeviceConditions']): boolean {
  const { total } = device.pending_updates;
  const updates =
    total === null || total === undefined ? 'unknown' : total > 0 ? 'pending' : 'none';
  return (
    (!query.tenant_id || device.tenant.id === query.tenant_id) &&
    (!query.group_id || isInGroup(device, query)) &&
    (!query.search || device.hostname.toLowerCase().includes(query.search.toLowerCase())) &&
    (!query.os_family || device.os.family === query.os_family) &&
    (!query.connection || device.connection === query.connection) &&
    (!query.restart || device.restart.required === 'yes') &&
    (!query.updates || updates === query.updates)
  );
}

/** As the server sorts it: what is not known to be true is above every number. */
const unknown = 1_000_000_000;

const sortKeys: Record<string, (device: Device) => string | number> = {
  hostname: (device) => device.hostname.toLowerCase(),
  os_name: (device) => device.os.name,
  agent_version: (device) => device.agent_version,
  pending_updates: (device) =>
    device.scan.state === 'failed' ? unknown : (device.pending_updates.total ?? unknown),
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

function createToken(state: State, body: Schemas['NewEnrollmentToken']): Response {
  const tenant = tenants.find(({ id }) => id === body.tenant_id) ?? state.tenant;
  const group = groups.find(({ id }) => id === body.group_id);
  const token: Schemas['EnrollmentToken'] = {
    id: `tok-${state.tokens.length + 1}`,
    name: body.name,
    tenant: { id: tenant.id, name: tenant.name },
    group: group ? { id: group.id, name: group.name } : null,
    created_at: new Date().toISOString(),
    created_by: callerName(state),
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

function shown(state: State, device: Device, acts: boolean): Device {
  const maintenance_window = maintenanceOf(state, device);
  return { ...withPermissions(device, acts), maintenance_window };
}

function devicesRoute(
  state: State,
  method: string,
  rest: string[],
  query: URLSearchParams,
  body: Schemas['DeviceChange'],
  can: Session['can'],
): Response {
  const acts = can.scan_devices;
  const [id, part] = rest;
  if (!id) {
    const found = state.devices.filter((device) => matches(device, Object.fromEntries(query)));
    const list = sorted(found, query.get('sort') ?? 'hostname');
    return page(
      list.map((device) => shown(state, device, acts)),
      query,
    );
  }
  const device = state.devices.find((candidate) => candidate.id === id);
  if (!device) return problem(404, 'not_found');
  if (part === 'updates') return page(withPolicy(state, device), query);
  if (part === 'update-policy') return json(devicePolicy(state, device));
  if (part === 'maintenance') return explanationRoute(state, device, query);
  if (part === 'update-steps') return stepsRoute(state, id, query);
  if (method === 'DELETE') {
    state.devices.splice(state.devices.indexOf(device), 1);
    state.emit('device_removed', { id });
    return noContent();
  }
  if (method === 'PATCH') {
    const group = groups.find((candidate) => candidate.id === body.group_id);
    device.group = group ? { id: group.id, name: group.name } : null;
  }
  return json(shown(state, device, acts));
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

/** The console's API without a server, for working on the console alone. */
export async function handle(state: State, request: Request, pace = 500): Promise<Response> {
  const { pathname, searchParams: query } = new URL(request.url);
  const [noun = '', ...rest] = pathname.replace('/api/v1/', '').split('/');
  const body = new Body(await request.text());
  recall(state, request.headers.get('cookie') ?? '');
  const { method } = request;
  state.userAgent = request.headers.get('user-agent') ?? state.userAgent;
  if (noun === 'session') return sessionRoute(state, method, body);
  if (noun === 'sign-in-options') {
    return json({
      password_reset_by_mail: state.mails,
      openid: true,
      openid_redirect_url: redirectUrl,
    });
  }
  if (noun === 'invitations' || noun === 'password-resets') {
    return linksRoute(state, noun, rest[0] ?? '', body);
  }
  if (noun === 'openid-sign-ins') return openidSignInRoute(state, rest[0], body);
  const bearer = request.headers.get('authorization')?.replace('Bearer ', '');
  const caller = bearer
    ? tokenHolder(state, bearer)
    : state.accounts.find(({ id }) => id === state.signedInAs);
  if (!caller) return problem(401, 'not_signed_in');
  if (noun === 'profile') return profileRoute(state, caller, rest, body);
  if (noun === 'sessions') return sessionsRoute(state, rest, query);
  if (caller.factor_required && caller.second_factor === 'off') {
    return problem(403, 'totp_setup_required');
  }
  return signedIn(state, caller, { noun, rest, method, query, body, pace });
}

interface Call {
  noun: string;
  rest: string[];
  method: string;
  query: URLSearchParams;
  body: Body;
  pace: number;
}

function signedIn(state: State, caller: Account, call: Call): Response {
  const { noun, rest, method, query, body } = call;
  const can = canOf(caller);
  switch (noun) {
    case 'users':
      if (!can.manage_users) return problem(403, 'forbidden');
      return usersRoute(state, method, rest, query, body, caller);
    case 'api-tokens':
      if (!can.manage_api_tokens) return problem(403, 'forbidden');
      return apiTokensRoute(state, method, rest, query, body, caller);
    case 'audit-events':
      if (!can.read_audit) return problem(403, 'forbidden');
      return auditRoute(state, rest, query);
    case 'maintenance-windows':
      return windowsRoute(state, can.manage_maintenance_windows, call);
    case 'blackouts':
      return blackoutsRoute(state, can.manage_maintenance_windows, call);
    case 'maintenance-plan':
      return planRoute(state, query);
    case 'calendar-feeds':
      return feedsRoute(state, can.manage_maintenance_windows, call);
    case 'tenants':
      if (rest[1] === 'maintenance-settings') {
        return settingsRoute(state, rest[0] ?? '', can.manage_maintenance_windows, call);
      }
      return tenantsRoute(state, method, rest, query, body, caller);
    case 'groups':
      return groupsRoute(state, method, rest, query, body);
    case 'devices':
      return devicesRoute(state, method, rest, query, body.as<Schemas['DeviceChange']>(), can);
    case 'updates':
      return updatesRoute(state, rest, query);
    case 'update-policies':
      return policiesRoute(state, caller.tenant.id, can.manage_update_policies, call);
    case 'update-decisions':
      return decisionsRoute(state, caller.tenant.id, can.manage_update_policies, call);
    case 'rollouts':
      return rolloutsRoute(state, caller.tenant.id, can.manage_update_policies, call);
    case 'alerts':
      return alertsRoute(state, can.acknowledge_alerts, call);
    case 'tasks':
      return tasksRoute(state, rest, query);
    case 'actions':
      return actionsRoute(state, { ...call, caller }, matches);
    case 'enrollment-tokens':
      return enrollmentTokensRoute(state, call);
    default:
      return problem(404, 'not_found');
  }
}

function enrollmentTokensRoute(state: State, { method, rest, query, body }: Call): Response {
  if (method === 'POST') return createToken(state, body.as<Schemas['NewEnrollmentToken']>());
  if (method === 'DELETE') {
    const token = state.tokens.find(({ id }) => id === rest[0]);
    if (token) token.state = 'revoked';
    return noContent();
  }
  return page(state.tokens, query);
}
