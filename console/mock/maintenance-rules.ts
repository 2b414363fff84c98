import type {
  Blackout,
  MaintenanceAction,
  MaintenanceExplanation,
  MaintenanceWindow,
  ScopeReference,
} from '../src/api/types.ts';
import { type Device, groups, tenants } from './fleet.ts';
import {
  blackoutSpans,
  localSpan,
  localText,
  type Span,
  union,
  windowSpans,
  without,
} from './maintenance-time.ts';
import type { State } from './state.ts';

const listedDays = 60;

export function tenantZone(id: string): string {
  return tenants.find((tenant) => tenant.id === id)?.time_zone ?? 'Europe/Warsaw';
}

/** The scopes of a device, the narrowest first. */
export function scopesOf(device: Device): ScopeReference[] {
  const scopes: ScopeReference[] = [
    { kind: 'device', device_id: device.id, name: device.hostname },
  ];
  let group = groups.find(({ id }) => id === device.group?.id);
  while (group) {
    scopes.push({ kind: 'group', group_id: group.id, name: group.name });
    const parent = group.parent_id;
    group = groups.find(({ id }) => id === parent);
  }
  return [...scopes, { kind: 'tenant', name: device.tenant.name }];
}

function same(one: ScopeReference, other: ScopeReference): boolean {
  return (
    one.kind === other.kind &&
    (one.group_id ?? null) === (other.group_id ?? null) &&
    (one.device_id ?? null) === (other.device_id ?? null)
  );
}

export function covers(scope: ScopeReference, tenantId: string, device: Device): boolean {
  return device.tenant.id === tenantId && scopesOf(device).some((own) => same(own, scope));
}

interface Standing {
  device: Device;
  zone: string;
  action: MaintenanceAction;
  deciding: ScopeReference | null;
  setting: 'run' | 'hold';
  windows: MaintenanceWindow[];
  blackouts: Blackout[];
  openings: Span[];
  outs: Span[];
}

function standing(state: State, device: Device, action: MaintenanceAction, at: number): Standing {
  const zone = device.time_zone ?? tenantZone(device.tenant.id);
  const { windows, blackouts, settings } = state.maintenance;
  const scopes = scopesOf(device);
  const rank = (scope: ScopeReference) => scopes.findIndex((own) => same(own, scope));
  const own = windows
    .filter(({ tenant_id, scope }) => covers(scope, tenant_id, device))
    .toSorted((one, other) => rank(one.scope) - rank(other.scope));
  const outs = blackouts.filter(({ tenant_id, scope }) => covers(scope, tenant_id, device));
  const counting = own.filter(
    ({ enabled, definition }) => enabled && definition.actions.includes(action),
  );
  const deciding = counting[0]?.scope ?? null;
  const setting = (settings.get(device.tenant.id) ?? standardSettings)[action];
  const open = deciding
    ? counting
        .filter(({ scope }) => same(scope, deciding))
        .flatMap(({ definition }) =>
          windowSpans(definition, definition.time_zone ?? zone, at, listedDays),
        )
    : setting === 'run'
      ? [{ from: at, to: Number.POSITIVE_INFINITY }]
      : [];
  const closed = outs
    .filter((out) => forbids(out, action))
    .flatMap(({ definition }) => blackoutSpans(definition, definition.time_zone ?? zone, at));
  return {
    device,
    zone,
    action,
    deciding,
    setting,
    windows: own,
    blackouts: outs,
    openings: without(union(open), closed),
    outs: closed,
  };
}

/** A blackout that names no work is about all of it. */
function forbids({ definition }: Blackout, action: MaintenanceAction): boolean {
  return definition.actions?.includes(action) ?? true;
}

export const standardSettings = { update: 'hold', restart: 'hold', backup: 'run' } as const;

export function openingsOf(state: State, device: Device, action: MaintenanceAction, at: number) {
  return standing(state, device, action, at);
}

function because({ outs, deciding, openings }: Standing, at: number) {
  const covered = ({ from, to }: Span) => from <= at && at < to;
  const open = openings.some(covered);
  if (outs.some(covered)) return { open: false, because: 'blackout' as const };
  if (deciding === null) return { open, because: 'without_window' as const };
  return { open, because: open ? ('in_window' as const) : ('outside_windows' as const) };
}

const iso = (at: number) => new Date(at).toISOString();

export function maintenanceOf(state: State, device: Device, at = Date.now()) {
  const now = standing(state, device, 'update', at);
  const { open, because: why } = because(now, at);
  const current = now.openings.find(({ from, to }) => from <= at && at < to);
  const next = now.openings.find(({ from }) => from > at);
  const until = open && current && Number.isFinite(current.to) ? current.to : null;
  const start = !open && next ? next.from : null;
  return {
    open,
    because: why,
    until: until === null ? null : iso(until),
    next: start === null ? null : iso(start),
    local_until: until === null ? null : localText(until, now.zone),
    local_next: start === null ? null : localText(start, now.zone),
  };
}

function windowReview(window: MaintenanceWindow, now: Standing, at: number) {
  const { id, name, scope, enabled, definition } = window;
  const review = { id, name, scope };
  if (!enabled) return { ...review, standing: 'disabled' as const };
  if (!definition.actions.includes(now.action)) {
    return { ...review, standing: 'other_actions' as const };
  }
  if (now.deciding && !same(scope, now.deciding)) {
    return { ...review, standing: 'overruled' as const, overruled_by: now.deciding };
  }
  const spans = windowSpans(definition, definition.time_zone ?? now.zone, at, listedDays);
  const open = spans.find(({ from, to }) => from <= at && at < to);
  if (open) return { ...review, standing: 'open' as const, until: iso(open.to) };
  return { ...review, standing: 'closed' as const, next: spans[0] ? iso(spans[0].from) : null };
}

function blackoutReview(blackout: Blackout, now: Standing, at: number) {
  const { id, name, scope, definition } = blackout;
  const review = { id, name, scope };
  if (!forbids(blackout, now.action)) {
    return { ...review, standing: 'other_actions' as const };
  }
  const [span] = blackoutSpans(definition, definition.time_zone ?? now.zone, at);
  if (!span) return { ...review, standing: 'over' as const };
  if (span.from <= at) return { ...review, standing: 'on' as const, until: iso(span.to) };
  return { ...review, standing: 'off' as const, next: iso(span.from) };
}

/** How many seconds of work the device's agent has learned to need; `null` is not known. */
export function needsOf(device: Device, action: MaintenanceAction): number | null {
  if (action === 'backup') return null;
  if (action === 'restart') return 6 * 60;
  const number = [...device.id].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);
  return (15 + (number % 4) * 15) * 60;
}

function tooShort(
  { device, action, openings }: Standing,
  at: number,
): MaintenanceExplanation['blockers'][number] | null {
  const needs = needsOf(device, action);
  const [next] = openings;
  const fits = ({ from, to }: Span) => needs !== null && to - Math.max(from, at) >= needs * 1000;
  if (needs === null || !next || fits(next)) return null;
  const later = openings.find(fits);
  return {
    kind: 'too_short',
    needs_seconds: needs,
    left_seconds: next.from <= at ? Math.floor((next.to - at) / 1000) : null,
    fits_at: later ? iso(later.from) : null,
  };
}

export function explain(
  state: State,
  device: Device,
  action: MaintenanceAction,
  at = Date.now(),
): MaintenanceExplanation {
  const now = standing(state, device, action, at);
  const verdict = because(now, at);
  const blockers: MaintenanceExplanation['blockers'] = [];
  if (device.connection === 'offline') {
    blockers.push({ kind: 'offline', since: device.last_seen_at });
  }
  if (action === 'restart' && device.restart.required === 'no') {
    blockers.push({ kind: 'no_restart_pending' });
  }
  if (action === 'update' && device.restart.required === 'yes') {
    blockers.push({ kind: 'restart_pending' });
  }
  const idle = blockers.some(({ kind }) => kind === 'no_restart_pending');
  const short = idle ? null : tooShort(now, at);
  if (short) blockers.push(short);
  const blackout = now.blackouts.find(
    (out) =>
      forbids(out, action) &&
      blackoutSpans(out.definition, out.definition.time_zone ?? now.zone, at).some(
        ({ from }) => from <= at,
      ),
  );
  return {
    action,
    at: iso(at),
    local_at: localText(at, now.zone),
    ...verdict,
    scope: verdict.because === 'blackout' ? (blackout?.scope ?? null) : now.deciding,
    without_window: now.setting,
    time_zone: now.zone,
    zone_source: device.time_zone ? 'device' : 'tenant',
    windows: now.windows.map((window) => windowReview(window, now, at)),
    blackouts: now.blackouts.map((one) => blackoutReview(one, now, at)),
    blockers,
    openings: now.openings.slice(0, 5).map((span) =>
      Number.isFinite(span.to)
        ? localSpan(span, now.zone)
        : {
            starts_at: iso(span.from),
            ends_at: null,
            local_starts_at: localText(span.from, now.zone),
            local_ends_at: null,
          },
    ),
  };
}
