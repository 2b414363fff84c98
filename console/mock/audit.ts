import type { AuditEvent, AuditVerification } from '../src/api/types.ts';
import { json, page } from './answers.ts';
import { tenants } from './fleet.ts';
import type { State } from './state.ts';

type Happening = Pick<AuditEvent, 'action' | 'target'> & Partial<AuditEvent>;

function hash(sequence: number): string {
  let state = sequence * 2_654_435_761 + 97;
  return Array.from({ length: 64 }, () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor(state / 268_435_456).toString(16);
  }).join('');
}

export function record(state: State, happening: Happening): void {
  const sequence = state.audit.length + 1;
  const account = state.accounts.find(({ id }) => id === state.signedInAs);
  state.audit.unshift({
    id: `aud-${String(sequence).padStart(5, '0')}`,
    sequence,
    at: new Date().toISOString(),
    tenant: account?.tenant ?? state.tenant,
    actor: account
      ? { kind: 'user', id: account.id, name: account.name }
      : { kind: 'unknown', id: null, name: '' },
    address: '203.0.113.24',
    result: 'succeeded',
    request_id: `req-${hash(sequence).slice(0, 16)}`,
    details: [],
    previous_hash: hash(sequence - 1),
    hash: hash(sequence),
    ...happening,
  });
}

/** A week of work, so that the log has something to show. */
export function recordHistory(state: State): void {
  const people = state.accounts.filter(({ state: stands }) => stands === 'active');
  const hour = 3_600_000;
  for (let index = 0; index < 130; index += 1) {
    const person = people[index % people.length];
    const device = state.devices[(index * 7) % state.devices.length];
    const tenant = tenants[index % tenants.length];
    if (!person || !device || !tenant) continue;
    const actor = { kind: 'user', id: person.id, name: person.name } as const;
    const target = { kind: 'device', id: device.id, name: device.hostname };
    const rows: Happening[] = [
      {
        action: 'sign_in',
        actor,
        target: { kind: 'session', id: `ses-${index}`, name: null },
        details: [
          { name: 'method', value: 'password' },
          { name: 'second_factor', value: 'totp' },
        ],
      },
      { action: 'scan_devices', actor, target, details: [{ name: 'devices', value: '1' }] },
      { action: 'move_device', actor, target, details: [{ name: 'group', value: 'Serwery' }] },
      {
        action: 'sign_in',
        actor: { kind: 'unknown', id: null, name: 'jan@example.test' },
        target: { kind: 'user', id: 'jan@example.test', name: 'jan@example.test' },
        result: 'invalid_credentials',
        address: '198.51.100.7',
      },
      {
        action: 'register_device',
        actor: { kind: 'agent', id: device.id, name: device.hostname },
        target,
      },
      {
        action: 'update_user',
        actor,
        target: { kind: 'user', id: 'usr-technician', name: 'Jonas Petersen' },
        details: [{ name: 'role', value: 'technician' }],
      },
      {
        action: 'prune_audit',
        actor: { kind: 'system', id: null, name: '' },
        target: { kind: 'audit', id: tenant.id, name: null },
        address: null,
        request_id: null,
        details: [{ name: 'events', value: '214' }],
      },
      {
        action: 'restart_devices',
        actor,
        target,
        result: 'forbidden',
      },
    ];
    const row = rows[index % rows.length];
    if (!row) continue;
    record(state, {
      tenant: { id: tenant.id, name: tenant.name },
      at: new Date(Date.now() - (130 - index) * 1.3 * hour).toISOString(),
      ...row,
    });
  }
}

function matches(event: AuditEvent, query: URLSearchParams): boolean {
  const is = (name: string, value: string | null | undefined) => {
    const wanted = query.get(name);
    return wanted === null || wanted === value;
  };
  const result = event.result === 'succeeded' ? 'succeeded' : 'failed';
  const search = query.get('search')?.toLowerCase() ?? '';
  const text = `${event.actor.name} ${event.target.name ?? ''} ${event.address ?? ''}`;
  return (
    is('tenant_id', event.tenant.id) &&
    is('actor_id', event.actor.id) &&
    is('actor_kind', event.actor.kind) &&
    is('action', event.action) &&
    is('target_kind', event.target.kind) &&
    is('target_id', event.target.id) &&
    is('result', result) &&
    event.at >= (query.get('since') ?? '') &&
    event.at < (query.get('until') ?? '9') &&
    text.toLowerCase().includes(search)
  );
}

export function auditRoute(state: State, rest: string[], query: URLSearchParams): Response {
  const found = state.audit.filter((event) => matches(event, query));
  if (rest[0] !== 'export') return page(found, query);
  const lines = found.toReversed().map((event) => JSON.stringify(event));
  record(state, {
    action: 'export_audit',
    target: { kind: 'audit', id: state.tenant.id, name: null },
    details: [{ name: 'events', value: String(lines.length) }],
  });
  return new Response(lines.join('\n'), {
    headers: {
      'content-type': 'application/x-ndjson',
      'content-disposition': `attachment; filename="latarnik-audit.${query.get('format')}"`,
    },
  });
}

/** One tenant's chain is broken, so that this can be looked at too. */
export function verify(state: State, tenantId: string): Response {
  const events = state.audit.filter(({ tenant }) => tenant.id === tenantId);
  const broken = tenantId === 'tnt-law';
  const found: AuditVerification = {
    state: broken ? 'broken' : 'intact',
    events: events.length,
    first_sequence: events.length === 0 ? 0 : 1,
    last_sequence: events.length,
    last_hash: events[0]?.hash ?? '0'.repeat(64),
    problem: broken ? { code: 'event_changed', sequence: 17 } : null,
  };
  return json(found);
}
