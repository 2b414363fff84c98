import type {
  ActionOutlookRequest,
  Blackout,
  BlackoutChange,
  BlackoutDefinition,
  CalendarFeed,
  MaintenanceAction,
  MaintenancePlan,
  MaintenanceSettings,
  MaintenanceWindow,
  MaintenanceWindowBatch,
  MaintenanceWindowChange,
  NewBlackout,
  NewMaintenanceWindow,
  ScopeReference,
  WindowDefinition,
  WindowPreviewRequest,
} from '../src/api/types.ts';
import { type Body, invalid, json, noContent, problem } from './answers.ts';
import { type Device, groups } from './fleet.ts';
import {
  covers,
  explain,
  needsOf,
  openingsOf,
  standardSettings,
  tenantZone,
} from './maintenance-rules.ts';
import { blackoutSpans, localSpan, windowSpans } from './maintenance-time.ts';
import { callerName, type State } from './state.ts';

const hour = 3_600_000;
const day = 24 * hour;
const actions = ['update', 'restart', 'backup'] as const satisfies readonly MaintenanceAction[];
const bakery = 'tnt-bakery';

type StoredWindow = Omit<MaintenanceWindow, 'next' | 'devices' | 'overlaps'>;

/** What is kept; the rest follows from it. */
export function createMaintenance(now: number) {
  const stored = (id: string, scope: ScopeReference, name: string) => ({
    id,
    tenant_id: bakery,
    scope,
    name,
    version: 2,
    updated_at: new Date(now - 30 * hour).toISOString(),
    updated_by: 'Anna Wiśniewska',
    time_zone: 'Europe/Warsaw',
  });
  const servers = { kind: 'group', group_id: `${bakery}-servers`, name: 'Serwery' } as const;
  const window = (
    id: string,
    scope: ScopeReference,
    name: string,
    definition: WindowDefinition,
    enabled = true,
  ): MaintenanceWindow => ({
    ...stored(id, scope, name),
    enabled,
    definition,
    devices: 0,
    overlaps: [],
  });
  const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'] as const;
  return {
    count: 0,
    settings: new Map<string, MaintenanceSettings>(),
    feeds: [] as (CalendarFeed & { tenant_id: string })[],
    windows: [
      window('win-nights', { kind: 'tenant' }, 'Noce robocze', {
        recurrence: { type: 'weekly', days: [...weekdays] },
        start_time: '22:00',
        duration_minutes: 360,
        actions: [...actions],
      }),
      window('win-patch', servers, 'Drugi wtorek + 2 dni', {
        recurrence: { type: 'monthly', nth: 'second', weekday: 'tuesday', offset_days: 2 },
        start_time: '23:00',
        duration_minutes: 300,
        time_zone: 'Europe/Warsaw',
        actions: ['update', 'restart'],
      }),
      window('win-servers', servers, 'Sobota rano', {
        recurrence: { type: 'weekly', days: ['saturday'] },
        start_time: '03:00',
        duration_minutes: 240,
        actions: ['update', 'restart'],
      }),
      window(
        'win-backup',
        servers,
        'Kopie w południe',
        {
          recurrence: { type: 'weekly', days: [...weekdays, 'saturday', 'sunday'] },
          start_time: '12:15',
          duration_minutes: 90,
          actions: ['backup'],
        },
        false,
      ),
    ] as MaintenanceWindow[],
    blackouts: [
      {
        ...stored('out-tax', { kind: 'tenant' }, 'Dni podatkowe'),
        definition: {
          period: { type: 'monthly', first_day: 20, last_day: 25 },
          actions: [...actions],
        },
        coming: [],
        devices: 0,
      },
      {
        ...stored('out-year', servers, 'Koniec roku'),
        definition: {
          period: { type: 'yearly', first: '12-20', last: '01-06' },
          time_zone: 'Europe/Warsaw',
          actions: ['update', 'restart'],
        },
        coming: [],
        devices: 0,
      },
    ] as Blackout[],
  };
}

interface Call {
  method: string;
  rest: string[];
  query: URLSearchParams;
  body: Body;
}

interface Place {
  tenant_id: string;
  group_id?: string | null;
  device_id?: string | null;
}

function scopeOf(state: State, { group_id, device_id }: Omit<Place, 'tenant_id'>): ScopeReference {
  if (device_id) {
    const name = state.devices.find(({ id }) => id === device_id)?.hostname ?? null;
    return { kind: 'device', device_id, name };
  }
  if (group_id) {
    return { kind: 'group', group_id, name: groups.find(({ id }) => id === group_id)?.name };
  }
  return { kind: 'tenant' };
}

/** What is wrong with a definition; `place` is where it stands in the request. */
function faultOf(definition: WindowDefinition, place = ''): Response | null {
  const { duration_minutes: length, recurrence, actions: allowed } = definition;
  if (allowed.length === 0) return invalid(`${place}actions`, 'required');
  if (length < 15 || length > 10_080) return invalid(`${place}duration_minutes`, 'out_of_range');
  const none = recurrence.type === 'weekly' && recurrence.days.length === 0;
  return none ? invalid(`${place}days`, 'required') : null;
}

/** Enabled windows of the same scope that allow the same work at the same time. */
function overlapsOf(
  state: State,
  {
    id,
    tenant_id,
    scope,
    definition,
  }: Pick<StoredWindow, 'tenant_id' | 'scope' | 'definition'> & {
    id: string | null;
  },
): MaintenanceWindow['overlaps'] {
  const zone = definition.time_zone ?? tenantZone(tenant_id);
  const spans = (one: WindowDefinition) => windowSpans(one, zone, Date.now(), 40);
  const own = spans(definition);
  return state.maintenance.windows
    .filter(
      (other) =>
        other.id !== id &&
        other.enabled &&
        other.tenant_id === tenant_id &&
        other.scope.kind === scope.kind &&
        (other.scope.group_id ?? null) === (scope.group_id ?? null) &&
        (other.scope.device_id ?? null) === (scope.device_id ?? null) &&
        other.definition.actions.some((action) => definition.actions.includes(action)) &&
        spans(other.definition).some(({ from, to }) =>
          own.some((span) => span.from < to && from < span.to),
        ),
    )
    .map(({ id: other, name }) => ({ id: other, name }));
}

function shownWindow(state: State, stored: StoredWindow): MaintenanceWindow {
  const { definition, enabled, scope, tenant_id } = stored;
  const zone = definition.time_zone ?? tenantZone(tenant_id);
  const [next] = windowSpans(definition, zone, Date.now(), 40);
  return {
    ...stored,
    time_zone: zone,
    next: enabled && next ? localSpan(next, zone) : null,
    devices: state.devices.filter((device) => covers(scope, tenant_id, device)).length,
    overlaps: enabled ? overlapsOf(state, stored) : [],
  };
}

function shownBlackout(state: State, blackout: Blackout): Blackout {
  const zone = blackout.definition.time_zone ?? tenantZone(blackout.tenant_id);
  const spans = blackoutSpans(blackout.definition, zone, Date.now()).slice(0, 12);
  const { scope, tenant_id } = blackout;
  const devices = state.devices.filter((device) => covers(scope, tenant_id, device)).length;
  return {
    ...blackout,
    devices,
    time_zone: zone,
    coming: spans.map((span) => localSpan(span, zone)),
  };
}

function stamp(state: State, version: number) {
  return {
    version,
    updated_at: new Date().toISOString(),
    updated_by: callerName(state),
  };
}

const inTenant =
  (query: URLSearchParams) =>
  ({ tenant_id }: { tenant_id: string }) =>
    !query.get('tenant_id') || tenant_id === query.get('tenant_id');

export function windowsRoute(state: State, may: boolean, call: Call): Response {
  const { method, rest, query, body } = call;
  const { maintenance } = state;
  const [id] = rest;
  if (id === 'preview') return windowPreview(state, body.as<WindowPreviewRequest>());
  if (id === 'occurrences') return occurrences(state, query);
  if (!id && method === 'GET') {
    const items = maintenance.windows.filter(inTenant(query));
    return json({ items: items.map((window) => shownWindow(state, window)) });
  }
  if (method !== 'GET' && !may) return problem(403, 'forbidden');
  if (id === 'batch') return saveWindows(state, body.as<MaintenanceWindowBatch>());
  if (!id) return createWindow(state, body.as<NewMaintenanceWindow>());
  const index = maintenance.windows.findIndex((window) => window.id === id);
  const window = maintenance.windows[index];
  if (!window) return problem(404, 'not_found');
  if (method === 'DELETE') {
    maintenance.windows.splice(index, 1);
    state.emit('maintenance_changed', {});
    return noContent();
  }
  if (method !== 'PUT') return json(shownWindow(state, window));
  const change = body.as<MaintenanceWindowChange>();
  if (change.version !== window.version) return problem(409, 'changed_meanwhile');
  const fault = faultOf(change.definition);
  if (fault) return fault;
  const { name, enabled, definition } = change;
  const scope = scopeOf(state, change);
  const changed = { ...window, name, enabled, definition, scope };
  maintenance.windows[index] = { ...changed, ...stamp(state, window.version + 1) };
  state.emit('maintenance_changed', {});
  return json(shownWindow(state, maintenance.windows[index]));
}

function createWindow(state: State, sent: NewMaintenanceWindow): Response {
  const fault = faultOf(sent.definition);
  if (fault) return fault;
  const { maintenance } = state;
  maintenance.count += 1;
  const window: MaintenanceWindow = {
    id: `win-${maintenance.count}`,
    tenant_id: sent.tenant_id ?? '',
    scope: scopeOf(state, sent),
    name: sent.name,
    enabled: sent.enabled,
    definition: sent.definition,
    time_zone: tenantZone(sent.tenant_id ?? ''),
    devices: 0,
    overlaps: [],
    ...stamp(state, 1),
  };
  maintenance.windows.push(window);
  state.emit('maintenance_changed', {});
  return json(shownWindow(state, window), 201);
}

function windowPreview(state: State, sent: WindowPreviewRequest): Response {
  const fault = faultOf(sent.definition);
  if (fault) return fault;
  const { tenant_id: tenant, definition, count, window_id } = sent;
  const tenantId = tenant ?? '';
  const zone = definition.time_zone ?? tenantZone(tenantId);
  const spans = windowSpans(definition, zone, Date.now(), 400).slice(0, count ?? 10);
  const place = { id: window_id ?? null, tenant_id: tenantId, scope: scopeOf(state, sent) };
  return json({
    time_zone: zone,
    items: spans.map((span) => localSpan(span, zone)),
    overlaps: overlapsOf(state, { ...place, definition }),
  });
}

/** Saves all of them, or none. */
function saveWindows(state: State, sent: MaintenanceWindowBatch): Response {
  const { maintenance } = state;
  const { windows } = maintenance;
  if (sent.windows.length === 0) return invalid('windows', 'required');
  const tenantId = sent.tenant_id ?? '';
  for (const [index, { id, version, definition }] of sent.windows.entries()) {
    const fault = faultOf(definition, `windows[${index}].`);
    if (fault) return fault;
    const known = windows.find((window) => window.id === id);
    if (id && !known) return problem(404, 'not_found');
    if (known && known.version !== version) return problem(409, 'changed_meanwhile');
  }
  const scope = scopeOf(state, sent);
  const saved = sent.windows.map(({ id, name, enabled, definition }): MaintenanceWindow => {
    const index = windows.findIndex((window) => window.id === id);
    const known = windows[index];
    if (known) {
      const stored = { ...known, name, enabled, definition, scope };
      windows[index] = { ...stored, ...stamp(state, known.version + 1) };
      return windows[index];
    }
    maintenance.count += 1;
    const window: MaintenanceWindow = {
      id: `win-${maintenance.count}`,
      tenant_id: tenantId,
      scope,
      name,
      enabled,
      definition,
      time_zone: tenantZone(tenantId),
      devices: 0,
      overlaps: [],
      ...stamp(state, 1),
    };
    windows.push(window);
    return window;
  });
  state.emit('maintenance_changed', {});
  return json({ items: saved.map((window) => shownWindow(state, window)) });
}

function occurrences(state: State, query: URLSearchParams): Response {
  const days = Number(query.get('days') ?? 14);
  const until = Date.now() + days * day;
  const items = state.maintenance.windows
    .filter((window) => window.enabled && inTenant(query)(window))
    .flatMap((window) => {
      const { devices, time_zone: zone } = shownWindow(state, window);
      const { id, name, scope, definition } = window;
      return windowSpans(definition, zone, Date.now(), days)
        .filter(({ from }) => from < until)
        .map((span) => ({
          window: { id, name, scope, actions: definition.actions },
          ...localSpan(span, zone),
          devices,
        }));
    })
    .sort((one, other) => (one.starts_at < other.starts_at ? -1 : 1));
  return json({ items: items.slice(0, 200) });
}

export function blackoutsRoute(state: State, may: boolean, call: Call): Response {
  const { method, rest, query, body } = call;
  const { blackouts } = state.maintenance;
  const [id] = rest;
  if (id === 'preview') return blackoutPreview(body.as<NewBlackout & { count?: number }>());
  if (!id && method === 'GET') {
    return json({
      items: blackouts.filter(inTenant(query)).map((one) => shownBlackout(state, one)),
    });
  }
  if (method !== 'GET' && !may) return problem(403, 'forbidden');
  if (!id) {
    const sent = body.as<NewBlackout>();
    state.maintenance.count += 1;
    const blackout: Blackout = {
      id: `out-${state.maintenance.count}`,
      tenant_id: sent.tenant_id ?? '',
      scope: scopeOf(state, sent),
      name: sent.name,
      definition: sent.definition,
      time_zone: tenantZone(sent.tenant_id ?? ''),
      coming: [],
      devices: 0,
      ...stamp(state, 1),
    };
    blackouts.push(blackout);
    state.emit('maintenance_changed', {});
    return json(shownBlackout(state, blackout), 201);
  }
  const index = blackouts.findIndex((blackout) => blackout.id === id);
  const blackout = blackouts[index];
  if (!blackout) return problem(404, 'not_found');
  if (method === 'DELETE') {
    blackouts.splice(index, 1);
    state.emit('maintenance_changed', {});
    return noContent();
  }
  if (method !== 'PUT') return json(shownBlackout(state, blackout));
  const change = body.as<BlackoutChange>();
  if (change.version !== blackout.version) return problem(409, 'changed_meanwhile');
  const { name, definition } = change;
  const scope = scopeOf(state, change);
  const changed = { ...blackout, name, definition, scope, ...stamp(state, blackout.version + 1) };
  blackouts[index] = changed;
  state.emit('maintenance_changed', {});
  return json(shownBlackout(state, changed));
}

function blackoutPreview({
  tenant_id,
  definition,
  count,
}: {
  tenant_id?: string | null;
  definition: BlackoutDefinition;
  count?: number;
}): Response {
  const zone = definition.time_zone ?? tenantZone(tenant_id ?? '');
  const spans = blackoutSpans(definition, zone, Date.now()).slice(0, count ?? 10);
  return json({ time_zone: zone, items: spans.map((span) => localSpan(span, zone)) });
}

export function settingsRoute(state: State, id: string, may: boolean, call: Call): Response {
  const { settings } = state.maintenance;
  if (call.method === 'PUT') {
    if (!may) return problem(403, 'forbidden');
    settings.set(id, call.body.as<MaintenanceSettings>());
    state.emit('maintenance_changed', {});
  }
  return json(settings.get(id) ?? standardSettings);
}

export function feedsRoute(state: State, may: boolean, call: Call): Response {
  if (!may) return problem(403, 'forbidden');
  const { method, rest, query, body } = call;
  const { feeds } = state.maintenance;
  if (method === 'POST') {
    const sent = body.as<Place>();
    state.maintenance.count += 1;
    const feed = {
      id: `feed-${state.maintenance.count}`,
      tenant_id: sent.tenant_id ?? '',
      scope: scopeOf(state, sent),
      created_at: new Date().toISOString(),
      created_by: callerName(state),
    };
    feeds.push(feed);
    const url = 'https://latarnik.example.test/calendar/7hq2m9x4vd3t8k5w6z1r0p.ics';
    return json({ ...feed, url }, 201);
  }
  if (method === 'DELETE') {
    const index = feeds.findIndex(({ id }) => id === rest[0]);
    if (index >= 0) feeds.splice(index, 1);
    return noContent();
  }
  return json({ items: feeds.filter(inTenant(query)) });
}

export function planRoute(state: State, query: URLSearchParams): Response {
  const now = Date.now();
  const until = now + Number(query.get('hours') ?? 24) * hour;
  const tenant = query.get('tenant_id');
  const items = state.devices
    .filter((device) => !tenant || device.tenant.id === tenant)
    .flatMap((device): MaintenancePlan['items'] => {
      const zone = device.time_zone ?? tenantZone(device.tenant.id);
      const openings = actions.flatMap((action) =>
        openingsOf(state, device, action, now)
          .openings.filter(({ from, to }) => from < until && Number.isFinite(to))
          .map((span) => {
            const needs = needsOf(device, action);
            const too_short = needs !== null && span.to - Math.max(span.from, now) < needs * 1000;
            return { action, ...localSpan(span, zone), needs_seconds: needs, too_short };
          }),
      );
      const tasks = state.tasks
        .filter((task) => task.device.id === device.id && !task.finished_at)
        .map(({ id, kind, action_id, state: how }) => ({
          task_id: id,
          kind,
          action_id,
          state: how,
          waits_until: null,
        }));
      if (openings.length === 0 && tasks.length === 0) return [];
      const { id, hostname } = device;
      return [
        {
          device: { id, hostname, tenant_id: device.tenant.id, tenant_name: device.tenant.name },
          time_zone: zone,
          openings,
          tasks,
          restart_pending: device.restart.required === 'yes',
          online: device.connection === 'online',
        },
      ];
    });
  const first = ({ openings }: MaintenancePlan['items'][number]) => openings[0]?.starts_at ?? '';
  items.sort((one, other) => (first(one) < first(other) ? -1 : 1));
  const plan: MaintenancePlan = {
    from: new Date(now).toISOString(),
    until: new Date(until).toISOString(),
    truncated: false,
    items,
  };
  return json(plan);
}

export function explanationRoute(state: State, device: Device, query: URLSearchParams): Response {
  const action = actions.find((known) => known === query.get('action')) ?? 'update';
  return json(explain(state, device, action));
}

/** What an action would meet; it breaks what is closed at its instant. */
export function outlook(
  state: State,
  devices: readonly Device[],
  { kind, when }: Pick<ActionOutlookRequest, 'kind' | 'when'>,
) {
  const at = when.type === 'at' ? Date.parse(when.at) : Date.now();
  const action = kind === 'restart' ? ('restart' as const) : ('update' as const);
  const each = devices.map((device) => explain(state, device, action, at));
  const closed = each.filter(({ open, because }) => !open && because !== 'without_window');
  const openings = each.flatMap(({ openings: [first] }) => first ?? []);
  openings.sort((one, other) => (one.starts_at < other.starts_at ? -1 : 1));
  const broken = new Map<
    string,
    { kind: 'window' | 'blackout'; id: string; name: string; devices: number }
  >();
  const add = (what: 'window' | 'blackout', { id, name }: { id: string; name: string }) => {
    const before = broken.get(id)?.devices ?? 0;
    broken.set(id, { kind: what, id, name, devices: before + 1 });
  };
  for (const { because, windows, blackouts } of kind === 'scan' ? [] : closed) {
    if (because === 'blackout') {
      for (const out of blackouts.filter(({ standing }) => standing === 'on')) add('blackout', out);
    } else {
      for (const one of windows.filter(({ standing }) => standing === 'closed')) add('window', one);
    }
  }
  return {
    devices: each.length,
    open: each.filter(({ open }) => open).length,
    closed: closed.length,
    held_without_window: each.filter(({ open, because }) => !open && because === 'without_window')
      .length,
    first_opening: openings[0] ?? null,
    last_opening_at: openings.at(-1)?.starts_at ?? null,
    without_opening: each.filter(({ openings: coming }) => coming.length === 0).length,
    broken: when.type === 'in_window' ? [] : [...broken.values()],
  };
}
