import { expect, type Page } from '@playwright/test';
import { clearTenant, type Place } from './maintenance';
import { type DeviceFacts, type Language, listDevices } from './scene';

/** What people would have set up, named as they would name it. */
const names = {
  en: {
    group: 'Servers',
    nights: 'Weeknights',
    patchDays: 'Second Tuesday + 2 days',
    saturday: 'Saturday morning',
    taxDays: 'Tax days',
    yearEnd: 'Turn of the year',
  },
  pl: {
    group: 'Serwery',
    nights: 'Noce robocze',
    patchDays: 'Drugi wtorek + 2 dni',
    saturday: 'Sobota rano',
    taxDays: 'Dni podatkowe',
    yearEnd: 'Przełom roku',
  },
} as const satisfies Record<Language, unknown>;

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'];

async function send<Answer>(
  page: Page,
  method: 'POST' | 'PATCH',
  path: string,
  data: unknown,
): Promise<Answer> {
  const answer = await page.request.fetch(`/api/v1/${path}`, {
    method,
    data,
    headers: { 'Idempotency-Key': crypto.randomUUID() },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
  return answer.json();
}

async function serversOf(page: Page, tenant: Place, language: Language): Promise<Place> {
  const known = Object.values(names).map(({ group }) => group as string);
  const { group: name } = names[language];
  const answer = await page.request.get(`/api/v1/groups?tenant_id=${tenant.id}`);
  const { items }: { items: Place[] } = await answer.json();
  const group = items.find((one) => known.includes(one.name));
  return group
    ? send(page, 'PATCH', `groups/${group.id}`, { name })
    : send(page, 'POST', 'groups', { tenant_id: tenant.id, name });
}

function nightlyWork(tenant: Place, language: Language) {
  return {
    tenant_id: tenant.id,
    name: names[language].nights,
    enabled: true,
    definition: {
      recurrence: { type: 'weekly', days: weekdays },
      start_time: '22:00',
      duration_minutes: 360,
      actions: ['update', 'restart', 'backup'],
    },
  };
}

function serverWork(tenant: Place, group: Place, language: Language) {
  const { patchDays, saturday } = names[language];
  const scope = { tenant_id: tenant.id, group_id: group.id, enabled: true };
  const actions = ['update', 'restart'];
  return [
    {
      ...scope,
      name: patchDays,
      definition: {
        recurrence: { type: 'monthly', nth: 'second', weekday: 'tuesday', offset_days: 2 },
        start_time: '23:00',
        duration_minutes: 300,
        time_zone: 'Europe/Warsaw',
        actions,
      },
    },
    {
      ...scope,
      name: saturday,
      definition: {
        recurrence: { type: 'weekly', days: ['saturday'] },
        start_time: '03:00',
        duration_minutes: 240,
        actions,
      },
    },
  ];
}

function quietDays(tenant: Place, group: Place, language: Language) {
  const { taxDays, yearEnd } = names[language];
  return [
    {
      tenant_id: tenant.id,
      name: taxDays,
      definition: {
        period: { type: 'monthly', first_day: 20, last_day: 25 },
        actions: ['update', 'restart'],
      },
    },
    {
      tenant_id: tenant.id,
      group_id: group.id,
      name: yearEnd,
      definition: { period: { type: 'yearly', first: '12-20', last: '01-06' } },
    },
  ];
}

export interface Furnished {
  tenant: Place;
  /** In a group with windows of its own. */
  server: DeviceFacts;
  /** A task that waits for its window. */
  waiting: { id: string; action: string };
}

/** Windows, blackouts, a group of servers, and an installation that waits for the night. */
export async function furnish(page: Page, language: Language): Promise<Furnished> {
  const { tenant } = await clearTenant(page);
  const group = await serversOf(page, tenant, language);
  const all = await listDevices(page, '&limit=500');
  const simulated = all.filter(({ hostname }) => hostname !== process.env.LATARNIK_THIS_DEVICE);
  const idle = simulated.filter(
    ({ connection, pending_updates }) => connection === 'online' && pending_updates.total,
  );
  // Servers have names of their own: “SRV-RDS01”, “proxy01”.
  const isServer = ({ hostname }: DeviceFacts) => /^(SRV-|[a-z])/.test(hostname);
  const servers = simulated.filter(isServer);
  const server = idle.find(isServer);
  const desks = idle.filter((device) => !isServer(device)).slice(0, 2);
  if (!server || desks.length === 0) throw new Error('too few devices have updates to install');
  await send(page, 'PATCH', `tenants/${tenant.id}`, { time_zone: 'Europe/Warsaw' });
  for (const { id } of servers) await send(page, 'PATCH', `devices/${id}`, { group_id: group.id });
  await send(page, 'POST', 'maintenance-windows', nightlyWork(tenant, language));
  for (const window of serverWork(tenant, group, language)) {
    await send(page, 'POST', 'maintenance-windows', window);
  }
  for (const blackout of quietDays(tenant, group, language)) {
    await send(page, 'POST', 'blackouts', blackout);
  }
  const { id: action } = await send<{ id: string }>(page, 'POST', 'actions', {
    kind: 'install_updates',
    device_ids: [...desks, server].map(({ id }) => id),
    when: { type: 'in_window' },
  });
  const answer = await page.request.get(`/api/v1/tasks?action_id=${action}`);
  const { items }: { items: { id: string; device: { id: string } }[] } = await answer.json();
  const task = items.find(({ device }) => device.id === server.id);
  if (!task) throw new Error('the action has no task for the server');
  return { tenant, server, waiting: { id: task.id, action } };
}

/** Nothing is left that pictures after these would have to break or to wait for. */
export async function clear(page: Page, { waiting }: Furnished): Promise<void> {
  await page.request.post(`/api/v1/actions/${waiting.action}/cancel`);
  await clearTenant(page);
}
