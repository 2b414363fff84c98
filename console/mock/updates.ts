import type { DeviceUpdate, Update, UpdateDevice } from '../src/api/types.ts';
import { json, page, problem } from './answers.ts';
import type { Device } from './fleet.ts';
import type { State } from './state.ts';

interface Found {
  device: Device;
  update: DeviceUpdate;
}

function everything(state: State): Found[] {
  return state.devices.flatMap((device) =>
    state.ledger.all(device.id).map((update) => ({ device, update })),
  );
}

function summary(found: readonly Found[]): Update | null {
  const first = found[0];
  if (!first) return null;
  const { update } = first;
  const count = (...states: string[]) =>
    found.filter((one) => states.includes(one.update.standing.state)).length;
  return {
    id: update.id,
    source: update.source,
    title: update.title,
    titles: update.titles,
    kb: update.kb,
    package: update.package,
    category: update.category,
    severity: update.severity,
    available_version: update.available_version,
    released_at: update.released_at,
    first_offered_at: update.first_offered_at,
    devices: {
      lacking: count('offered', 'approved', 'downloaded', 'failed'),
      waiting: count('offered', 'approved', 'downloaded'),
      unconfirmed: count('unconfirmed'),
      restart_pending: count('restart_pending'),
      installed: count('installed'),
      failed: count('failed'),
      superseded: count('superseded'),
    },
  };
}

const sortKeys: Record<string, (update: Update) => string | number> = {
  lacking: ({ devices }) => devices.lacking,
  failed: ({ devices }) => devices.failed,
  first_offered_at: ({ first_offered_at }) => first_offered_at,
  title: ({ title }) => title.toLowerCase(),
};

function list(state: State, query: URLSearchParams): Response {
  const text = query.get('search')?.toLowerCase() ?? '';
  const states = query.get('state')?.split(',');
  const sort = query.get('sort') ?? '-lacking';
  const key = sortKeys[sort.replace('-', '')];
  if (!key) return problem(400, 'malformed_request');
  const groups = new Map<string, Found[]>();
  for (const found of everything(state)) {
    const { update, device } = found;
    if (query.get('tenant_id') && device.tenant.id !== query.get('tenant_id')) continue;
    if (query.get('category') && update.category !== query.get('category')) continue;
    const words = [update.title, update.kb, update.package].join('\n').toLowerCase();
    if (!words.includes(text)) continue;
    groups.set(update.id, [...(groups.get(update.id) ?? []), found]);
  }
  const updates = [...groups.values()]
    .filter(
      (found) => !states || found.some(({ update }) => states.includes(update.standing.state)),
    )
    .flatMap((found) => summary(found) ?? []);
  const sign = sort.startsWith('-') ? -1 : 1;
  updates.sort((one, other) => {
    const [a, b] = [key(one), key(other)];
    return a < b ? -sign : a > b ? sign : 0;
  });
  return page(updates, query);
}

export function updatesRoute(state: State, rest: string[], query: URLSearchParams): Response {
  const [id, part] = rest;
  if (!id) return list(state, query);
  const tenant = query.get('tenant_id');
  const found = everything(state).filter(
    ({ update, device }) => update.id === id && (!tenant || device.tenant.id === tenant),
  );
  const update = summary(found);
  if (!update) return problem(404, 'not_found');
  if (part !== 'devices') return json(update);
  const states = query.get('state')?.split(',');
  const devices = found
    .filter((one) => !states || states.includes(one.update.standing.state))
    .map(
      (one): UpdateDevice => ({
        device_id: one.device.id,
        tenant_id: one.device.tenant.id,
        hostname: one.device.hostname,
        key: one.update.key,
        first_offered_at: one.update.first_offered_at,
        standing: one.update.standing,
      }),
    )
    .sort((one, other) => one.hostname.localeCompare(other.hostname));
  return page(devices, query);
}

export function stepsRoute(state: State, device: string, query: URLSearchParams): Response {
  const wanted = query.get('update_id');
  const { steps } = state.ledger.of(device);
  return page(
    steps.filter(({ update_id }) => !wanted || update_id === wanted),
    query,
  );
}
