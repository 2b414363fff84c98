import type { Alert, NewAcknowledgements } from '../src/api/types.ts';
import { type Body, json, page, problem } from './answers.ts';
import type { Device } from './fleet.ts';
import { callerName, type State } from './state.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

function iso(at: number): string {
  return new Date(at).toISOString();
}

const severities: Record<Alert['kind'], Alert['severity']> = {
  update_failed: 'warning',
  restart_overdue: 'warning',
  scan_failing: 'critical',
  rollout_stopped: 'critical',
  update_overdue: 'critical',
};

const hresults = ['0x80070643', '0x80240022', '0x800F0922', '0x80070070'];

interface Beginning {
  cause: Alert['cause'];
  since: number;
  raised: number;
}

/** Alerts that fit what the fleet shows, so that the links lead to their causes. */
export function createAlerts(state: State, now: number): Alert[] {
  let count = 0;
  const alert = (
    place: Pick<Alert, 'tenant' | 'device'>,
    { cause, since, raised }: Beginning,
    values: Partial<Alert> = {},
  ): Alert => {
    count += 1;
    return {
      id: `alr-${count}`,
      kind: cause.kind,
      severity: severities[cause.kind],
      state: 'open',
      ...place,
      cause,
      since: iso(since),
      raised_at: iso(raised),
      acknowledgement: null,
      closed_at: null,
      close_reason: null,
      ...values,
    };
  };
  const of = ({ id, hostname, tenant }: Device) => ({ tenant, device: { id, hostname } });
  const known = {
    state: 'acknowledged',
    acknowledgement: {
      at: iso(now - 3 * hour),
      by: 'Jonas Petersen',
      note: 'Zgłoszenie 4415, wymiana dysku w piątek',
    },
  } as const satisfies Partial<Alert>;
  const failed = state.devices.flatMap((device) =>
    state.ledger
      .all(device.id)
      .filter(({ standing }) => standing.state === 'failed')
      .map((update) => ({ device, update })),
  );
  const failures = failed.slice(0, 6).map(({ device, update }, index) =>
    alert(
      of(device),
      {
        cause: {
          kind: 'update_failed',
          update_key: update.key,
          update_id: update.id,
          title: update.title,
          kb: update.kb,
          reason_code: 'installer_failed',
          result_code: device.os.family === 'windows' ? 4 : null,
          hresult: device.os.family === 'windows' ? (hresults[index % 4] ?? null) : null,
          exit_code: device.os.family === 'windows' ? null : 100,
          task_id: update.standing.task_id,
          failures: (index % 3) + 1,
        },
        since: Date.parse(update.standing.since),
        raised: now - (index * 47 + 12) * minute,
      },
      index === 2 ? known : {},
    ),
  );
  const blind = state.devices
    .filter(({ scan }) => scan.state === 'failed')
    .slice(0, 3)
    .map((device, index) =>
      alert(of(device), {
        cause: {
          kind: 'scan_failing',
          never_succeeded: !device.scan.scanned_at,
          reason_code: 'scan_failed',
          error_detail: device.scan.error_detail ?? '0x8024402C',
        },
        since: device.scan.scanned_at ? now - (3 + index) * day : Date.parse(device.enrolled_at),
        raised: now - (5 + 9 * index) * hour,
      }),
    );
  const waiting = state.devices
    .filter(({ restart }) => restart.required === 'yes')
    .slice(0, 2)
    .map((device, index) =>
      alert(of(device), {
        cause: {
          kind: 'restart_overdue',
          signals: device.restart.signals
            .filter(({ strength }) => strength === 'strong')
            .map(({ name }) => name),
        },
        since: now - (8 + 3 * index) * day,
        raised: now - (1 + 3 * index) * day,
      }),
    );
  const late = state.devices
    .filter(({ tenant, pending_updates }) => {
      return tenant.id === 'tnt-bakery' && (pending_updates.total ?? 0) > 3;
    })
    .slice(0, 1)
    .map((device) => {
      const offers = state.updates.get(device.id) ?? [];
      return alert(of(device), {
        cause: {
          kind: 'update_overdue',
          updates: offers.length,
          titles: offers.slice(0, 3).map(({ title }) => title),
        },
        since: now - 2 * day,
        raised: now - 2 * day + minute,
      });
    });
  const stopped = state.policies.rollouts
    .filter((rollout) => rollout.state === 'stopped_by_failures')
    .map((rollout) =>
      alert(
        { tenant: { id: rollout.tenant_id, name: 'Piekarnia Złoty Kłos' }, device: null },
        {
          cause: {
            kind: 'rollout_stopped',
            rollout_id: rollout.id,
            update_id: rollout.update_id,
            title: rollout.title,
            kb: rollout.kb,
            ring: rollout.ring,
            failed_devices: rollout.rings.reduce((sum, ring) => sum + ring.failed, 0),
          },
          since: Date.parse(rollout.since),
          raised: Date.parse(rollout.since) + minute,
        },
      ),
    );
  const past = state.devices.slice(3, 5).map((device) =>
    alert(
      of(device),
      {
        cause: { kind: 'restart_overdue', signals: ['component_servicing_reboot_pending'] },
        since: now - 20 * day,
        raised: now - 13 * day,
      },
      {
        state: 'closed',
        acknowledgement: { at: iso(now - 12 * day), by: 'Anna Wiśniewska', note: '' },
        closed_at: iso(now - 11 * day),
        close_reason: 'resolved',
      },
    ),
  );
  const all = [...failures, ...blind, ...waiting, ...late, ...stopped, ...past];
  return all.sort((one, other) => other.raised_at.localeCompare(one.raised_at));
}

interface Request {
  rest: string[];
  method: string;
  query: URLSearchParams;
  body: Body;
}

export function alertsRoute(
  state: State,
  may: boolean,
  { rest, method, query, body }: Request,
): Response {
  const [id] = rest;
  if (method === 'POST') return acknowledge(state, may, rest, body);
  const tenant = query.get('tenant_id');
  const inScope = state.alerts.filter((alert) => !tenant || alert.tenant.id === tenant);
  if (id === 'counts') {
    const open = inScope.filter((alert) => alert.state === 'open');
    return json({
      open: open.length,
      open_critical: open.filter(({ severity }) => severity === 'critical').length,
      acknowledged: inScope.filter((alert) => alert.state === 'acknowledged').length,
    });
  }
  if (id) {
    const alert = state.alerts.find((one) => one.id === id);
    return alert ? json(alert) : problem(404, 'not_found');
  }
  const states = query.get('state')?.split(',');
  const kinds = query.get('kind')?.split(',');
  const device = query.get('device_id');
  const found = inScope.filter(
    (alert) =>
      (!states || states.includes(alert.state)) &&
      (!kinds || kinds.includes(alert.kind)) &&
      (!device || alert.device?.id === device),
  );
  return page(found, query);
}

function acknowledge(state: State, may: boolean, rest: string[], body: Body): Response {
  if (!may) return problem(403, 'forbidden');
  const { alert_ids, note } = body.as<NewAcknowledgements>();
  const single = rest[1] === 'acknowledge' ? rest[0] : undefined;
  const ids = single ? [single] : (alert_ids ?? []);
  const found = state.alerts.filter((alert) => ids.includes(alert.id));
  if (found.length < ids.length) return problem(404, 'not_found');
  const open = found.filter((alert) => alert.state !== 'closed');
  if (open.length === 0) return problem(409, 'alert_closed');
  for (const alert of open) {
    alert.state = 'acknowledged';
    alert.acknowledgement = {
      at: new Date().toISOString(),
      by: callerName(state),
      note: note ?? '',
    };
  }
  state.emit('alerts_changed', {});
  return single ? json(found[0]) : json({ acknowledged: open.length });
}
