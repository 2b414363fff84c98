import { type Browser, expect, type Page } from '@playwright/test';

function setting(...names: string[]): string {
  for (const name of names) {
    const value = process.env[name];
    if (value) return value;
  }
  throw new Error(`${names.join(' or ')} is not set`);
}

export interface Person {
  email: string;
  password: string;
}

/** The people of the server under test, read from the environment. */
export function owner(): Person {
  return {
    email: setting('LATARNIK_OWNER_EMAIL', 'LATARNIK_EMAIL'),
    password: setting('LATARNIK_OWNER_PASSWORD', 'LATARNIK_PASSWORD'),
  };
}

export function viewer(): Person {
  return {
    email: setting('LATARNIK_VIEWER_EMAIL'),
    password: setting('LATARNIK_VIEWER_PASSWORD'),
  };
}

export type Language = 'en' | 'pl';

/** The words that tests look for, in both languages. */
export const words = {
  en: {
    email: 'E-mail',
    password: 'Password',
    signIn: 'Sign in',
    updates: 'Updates',
    devices: 'Devices',
    tasks: 'Tasks',
    enrollment: 'Enrollment',
    profile: 'Profile',
  },
  pl: {
    email: 'E-mail',
    password: 'Hasło',
    signIn: 'Zaloguj się',
    updates: 'Aktualizacje',
    devices: 'Urządzenia',
    tasks: 'Zadania',
    enrollment: 'Rejestracja',
    profile: 'Profil',
  },
} as const;

interface Preferences {
  language: Language;
  color_scheme: 'light' | 'dark' | 'auto';
}

/** Signs in through the API, with the wanted language and appearance in the profile. */
export async function signIn(
  page: Page,
  person: Person,
  preferences: Preferences = { language: 'en', color_scheme: 'light' },
): Promise<void> {
  const session = await page.request.post('/api/v1/session', { data: person });
  expect(session.status(), await session.text()).toBe(200);
  const profile = await page.request.patch('/api/v1/profile', { data: preferences });
  expect(profile.status(), await profile.text()).toBe(200);
}

export async function openUpdates(page: Page, query = ''): Promise<void> {
  await page.goto(`/updates${query}`);
  await expect(deviceRows(page).first()).toBeVisible();
}

/** The rows of the table that hold a link to their device. */
export function deviceRows(page: Page) {
  return page.getByRole('row').filter({ has: page.locator('a[href*="/devices/"]') });
}

export interface DeviceFacts {
  id: string;
  hostname: string;
  connection: 'online' | 'offline';
  pending_updates: { total?: number | null };
  restart: { required: 'yes' | 'no' | 'unknown' };
}

/** What the API says, to compare with what the console shows. */
export async function listDevices(page: Page, query = ''): Promise<DeviceFacts[]> {
  const answer = await page.request.get(`/api/v1/devices?sort=hostname${query}`);
  expect(answer.status(), await answer.text()).toBe(200);
  const body: { items: DeviceFacts[] } = await answer.json();
  return body.items;
}

export async function onlineDevice(page: Page): Promise<DeviceFacts> {
  const wanted = process.env.LATARNIK_THIS_DEVICE;
  const devices = await listDevices(page, '&connection=online&limit=500');
  // A simulated device is the better partner: it may be scanned at any time, and is quick.
  const device = devices.find(({ hostname }) => hostname !== wanted) ?? devices[0];
  if (!device) throw new Error('the scene has no device online');
  return device;
}

/** Asks for a scan through the API, and answers with its task. */
export async function startScan(page: Page): Promise<{ id: string }> {
  const device = await onlineDevice(page);
  const action = await page.request.post('/api/v1/actions', {
    headers: { 'Idempotency-Key': crypto.randomUUID() },
    data: { kind: 'scan', device_ids: [device.id], when: { type: 'now' } },
  });
  expect(action.status(), await action.text()).toBe(201);
  const { id }: { id: string } = await action.json();
  const tasks = await page.request.get(`/api/v1/tasks?action_id=${id}`);
  const { items }: { items: { id: string }[] } = await tasks.json();
  const task = items[0];
  if (!task) throw new Error('the action has no task');
  return task;
}

/** A page in a browser that prefers this language and is not signed in. */
export async function freshPage(browser: Browser, locale: string): Promise<Page> {
  const context = await browser.newContext({ locale });
  return context.newPage();
}
