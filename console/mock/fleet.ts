import type { components } from '../src/api/generated/schema.d.ts';
import type { Group, Tenant } from '../src/api/types.ts';

type Schemas = components['schemas'];
export type Device = Schemas['Device'];
type DeviceUpdate = Schemas['DeviceUpdate'];

export const provider = { id: 'tnt-provider', name: 'Nordlicht IT' };

function tenant(id: string, name: string, values: Partial<Tenant> = {}): Tenant {
  return {
    id,
    name,
    parent_id: provider.id,
    kind: 'client',
    time_zone: 'Europe/Warsaw',
    audit_retention_days: null,
    devices: 0,
    users: 0,
    created_at: '2026-03-02T08:00:00Z',
    deletion: null,
    ...values,
  };
}

export const tenants: Tenant[] = [
  tenant(provider.id, provider.name, { parent_id: null, kind: 'provider' }),
  tenant('tnt-bakery', 'Piekarnia Złoty Kłos', { audit_retention_days: 730 }),
  tenant('tnt-clinic', 'Przychodnia Zdrowie'),
  tenant('tnt-law', 'Hansen & Partners', { time_zone: 'Europe/Copenhagen' }),
];
export const groups: Group[] = tenants.slice(1).flatMap(({ id }) => {
  const group = (part: string, name: string, parent: string | null): Group => ({
    id: `${id}-${part}`,
    tenant_id: id,
    name,
    parent_id: parent,
    devices: 0,
  });
  return [
    group('office', 'Biuro', null),
    group('accounting', 'Księgowość', `${id}-office`),
    group('servers', 'Serwery', null),
  ];
});

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Always the same fleet, so that pictures and tests can be compared. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

const systems = [
  { family: 'windows', name: 'Windows 11 Pro', version: '24H2 (26100.7171)' },
  { family: 'windows', name: 'Windows 11 Pro', version: '23H2 (22631.6199)' },
  { family: 'windows', name: 'Windows 10 Pro', version: '22H2 (19045.6575)' },
  { family: 'windows', name: 'Windows Server 2022 Standard', version: '21H2 (20348.4405)' },
  { family: 'windows', name: 'Windows Server 2019 Standard', version: '1809 (17763.8027)' },
  { family: 'linux', name: 'Debian GNU/Linux 12', version: '12.12' },
  { family: 'linux', name: 'Ubuntu 24.04 LTS', version: '24.04.3' },
] as const;

const windowsTitles = [
  ['KB5070001', 'Zbiorcza aktualizacja systemu Windows 11 (2026-11)', 'security', 812_000_000],
  ['KB5070884', 'Cumulative Update for .NET Framework 3.5 and 4.8.1 (2026-11)', 'security', 74e6],
  [
    'KB2267602',
    'Security Intelligence Update for Microsoft Defender (1.441.120.0)',
    'definition',
    9e5,
  ],
  ['KB890830', 'Windows Malicious Software Removal Tool x64 (v5.138)', 'tool', 71_400_000],
  [null, 'Intel Corporation – Display – 32.0.101.7026', 'driver', 540_000_000],
  ['KB5072033', 'Servicing Stack Update (2026-11)', 'critical', 18_300_000],
  ['KB5068781', 'Feature update: Windows 11, version 25H2', 'feature_update', 4_280_000_000],
  ['KB5071959', 'Preview of the next cumulative update', 'optional', 640_000_000],
] as const;

const packages = [
  ['openssl', '3.0.17-1~deb12u2', '3.0.18-1~deb12u1', 'security', 1_430_000],
  ['libssl3', '3.0.17-1~deb12u2', '3.0.18-1~deb12u1', 'security', 2_030_000],
  ['linux-image-amd64', '6.1.153-1', '6.1.158-1', 'security', 69_400_000],
  ['curl', '7.88.1-10+deb12u12', '7.88.1-10+deb12u14', 'security', 316_000],
  ['tzdata', '2026a-0+deb12u1', '2026c-0+deb12u1', 'optional', 297_000],
  ['base-files', '12.4+deb12u11', '12.4+deb12u12', 'optional', 70_800],
  ['systemd', '252.38-1~deb12u1', '252.39-1~deb12u1', 'optional', 3_030_000],
] as const;

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Everything that is or was offered to such a device. */
export function catalogue(family: string, now: number): DeviceUpdate[] {
  const first = (days: number) => {
    const first_offered_at = iso(now - days * day);
    return {
      first_offered_at,
      standing: { state: 'offered' as const, since: first_offered_at },
      policy: { verdict: 'manual' as const },
    };
  };
  if (family === 'linux') {
    return packages.map(([name, from, to, category, size], index) => ({
      key: `apt:${name}:${to}`,
      id: `00000000-0000-4000-9000-0000000000${index}0`,
      source: 'apt' as const,
      title: name,
      titles: {},
      package: name,
      category,
      size_bytes: size,
      released_at: null,
      installed_version: from,
      available_version: to,
      may_restart: name.startsWith('linux-image') ? ('can_request' as const) : ('never' as const),
      ...first(index % 3 === 2 ? 4 : 6),
    }));
  }
  return windowsTitles.map(([kb, title, category, size], index) => ({
    key: `wua:${title}:200`,
    id: `00000000-0000-4000-8000-0000000000${index}0`,
    source: 'windows_update' as const,
    title,
    titles: {},
    kb,
    update_id: `00000000-0000-4000-8000-0000000000${index}0`,
    revision: 200,
    category,
    severity: index < 2 ? ('critical' as const) : null,
    size_bytes: index === 5 ? null : size,
    released_at: iso(now - (index + 2) * 4 * day),
    may_restart: index === 0 ? ('always' as const) : ('can_request' as const),
    ...first(index % 3 === 2 ? 4 : 6),
  }));
}

const allowed = { allowed: true, reason: null };

/** Counts as the server makes them: definitions apart. */
export function pendingOf(updates: readonly DeviceUpdate[]): Device['pending_updates'] {
  const count = (wanted: string) => updates.filter(({ category }) => category === wanted).length;
  const definitions = count('definition');
  return { total: updates.length - definitions, security: count('security'), definitions };
}

/** What may be done follows from the state, as it does on the server. */
export function withPermissions(device: Device, acts: boolean): Device {
  const refused = (reason: string) => ({ allowed: false, reason });
  const { total, definitions } = device.pending_updates;
  const install = total === 0 && !definitions ? refused('no_pending_updates') : allowed;
  const restart = device.restart.required === 'yes' ? allowed : refused('no_restart_pending');
  const forbidden = refused('forbidden');
  return {
    ...device,
    can: acts
      ? { scan: allowed, install, restart, remove: allowed }
      : { scan: forbidden, install: forbidden, restart: forbidden, remove: forbidden },
  };
}

const prefixes = ['KSIEG', 'BIURO', 'RECEPCJA', 'MAGAZYN', 'LAPTOP', 'SRV-AD', 'SRV-PLIKI'];

function scanOf(chance: number, now: number): Device['scan'] {
  if (chance < 0.05) return { state: 'never' };
  if (chance < 0.13) {
    const scanned = chance < 0.07 ? null : iso(now - 5 * day);
    return {
      state: 'failed',
      scanned_at: scanned,
      attempted_at: iso(now - 2 * hour),
      error_code: 'windows_update_error',
      error_detail: '0x8024402C',
    };
  }
  const at = iso(now - Math.floor(chance * 26 * hour));
  return { state: 'succeeded', scanned_at: at, attempted_at: at };
}

function restartOf(chance: number, family: string): Device['restart'] {
  if (chance > 0.22) return { required: 'no', signals: [], postponed: 0 };
  const signals: Schemas['Signal'][] =
    family === 'linux'
      ? [{ name: 'reboot_required_file', strength: 'strong', detail: 'linux-image-amd64' }]
      : [
          { name: 'windows_update_reboot_required', strength: 'strong', detail: null },
          { name: 'pending_file_rename', strength: 'weak', detail: '4' },
        ];
  return { required: 'yes', signals, postponed: 0 };
}

function makeDevice(index: number, next: () => number, now: number): Device {
  const { id: tenantId, name: tenantName } = tenants[1 + Math.floor(next() * 3)] ?? provider;
  const server = next() < 0.25;
  const system =
    systems[server ? 3 + Math.floor(next() * 4) : Math.floor(next() * 3)] ?? systems[0];
  const online = next() > 0.14;
  const group = groups.filter((candidate) => candidate.tenant_id === tenantId)[
    server ? 2 : index % 2
  ];
  const scan = scanOf(next(), now);
  const offers = scan.scanned_at ? Math.max(0, Math.floor(next() * 11) - 3) : null;
  const prefix = server ? prefixes[5 + (index % 2)] : prefixes[index % 5];
  const linux = system.family === 'linux';
  return {
    id: `dev-${String(index).padStart(4, '0')}`,
    tenant: { id: tenantId, name: tenantName },
    group: group && next() > 0.1 ? { id: group.id, name: group.name } : null,
    hostname: linux
      ? `web-${String(index).padStart(2, '0')}`
      : `${prefix}-${String(index).padStart(2, '0')}`,
    os: { ...system, architecture: 'x86_64' },
    agent_version: next() > 0.12 ? '0.1.0' : '0.0.9',
    connection: online ? 'online' : 'offline',
    last_seen_at: iso(now - (online ? 20_000 : Math.floor(next() * 9 * day))),
    time_zone: next() > 0.1 ? 'Europe/Warsaw' : 'America/New_York',
    enrolled_at: iso(now - Math.floor(next() * 200 * day) - day),
    booted_at: iso(now - Math.floor(next() * 20 * day)),
    pending_updates:
      offers === null
        ? { total: null, security: null, definitions: null }
        : pendingOf(catalogue(system.family, now).slice(0, offers)),
    scan,
    restart:
      scan.state === 'never'
        ? { required: 'unknown', signals: [], postponed: 0 }
        : restartOf(next(), system.family),
    maintenance_window: null,
    open_tasks: 0,
    can: { scan: allowed, install: allowed, restart: allowed, remove: allowed },
  };
}

export function createFleet(size: number, now: number) {
  const next = random(7);
  const devices = Array.from({ length: size }, (_, index) => makeDevice(index + 1, next, now));
  const updates = new Map(
    devices.map(({ id, os, pending_updates: { total, definitions } }) => [
      id,
      catalogue(os.family, now).slice(0, (total ?? 0) + (definitions ?? 0)),
    ]),
  );
  return {
    devices,
    updates,
    newDevice: (index: number) => ({
      ...makeDevice(index, next, Date.now()),
      enrolled_at: iso(Date.now()),
    }),
  };
}
