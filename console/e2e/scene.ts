import { createHmac } from 'node:crypto';
import { type Browser, expect, type Page } from '@playwright/test';

/** What the run says about the server under test. */
export function setting(...names: string[]): string {
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
    audit: 'Audit',
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
    audit: 'Audyt',
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
  open_tasks: number;
}

/** What the API says, to compare with what the console shows. */
export async function listDevices(page: Page, query = ''): Promise<DeviceFacts[]> {
  const answer = await page.request.get(`/api/v1/devices?sort=hostname${query}`);
  expect(answer.status(), await answer.text()).toBe(200);
  const body: { items: DeviceFacts[] } = await answer.json();
  return body.items;
}

/** What an update is called for somebody who reads this language. */
export function titleIn(
  { title, titles }: { title: string; titles: Record<string, string> },
  language: Language,
): string {
  return titles[language] ?? title;
}

/** An update that some device is or was offered; what failed most comes first. */
export async function someUpdate(page: Page): Promise<{ id: string; title: string }> {
  const answer = await page.request.get('/api/v1/updates?sort=-failed&limit=1');
  expect(answer.status(), await answer.text()).toBe(200);
  const { items }: { items: { id: string; title: string }[] } = await answer.json();
  const update = items[0];
  if (!update) throw new Error('the scene has no update');
  return update;
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
export async function startScan(page: Page): Promise<{ id: string; action: string }> {
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
  return { id: task.id, action: id };
}

/** A page in a browser that prefers this language and is not signed in. */
export async function freshPage(browser: Browser, locale: string): Promise<Page> {
  const context = await browser.newContext({ locale });
  return context.newPage();
}

/** A password that no rule refuses. */
export const goodPassword = 'Seven grey herons at 5 o’clock';

let made = 0;

/** A name that no earlier run has used. */
export function unique(what: string): string {
  made += 1;
  return `${what} ${Date.now().toString(36)}${made}`;
}

export function uniqueAddress(): string {
  return `${unique('e2e').replace(' ', '-')}@example.test`;
}

export type Role = 'owner' | 'admin' | 'technician' | 'client_view';

export interface InvitedPerson {
  id: string;
  email: string;
  name: string;
  link: string;
}

/** Invites somebody through the API of a server that sends no mail; the link comes by hand. */
export async function invite(page: Page, role: Role, name = unique('Person')) {
  const email = uniqueAddress();
  const answer = await page.request.post('/api/v1/users', {
    data: { email, name, role, language: 'en', client_ids: null },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  const { user, invitation }: { user: { id: string }; invitation: { link: string | null } } =
    await answer.json();
  if (!invitation.link) throw new Error('the server has mailed the link instead of showing it');
  return { id: user.id, email, name, link: invitation.link } satisfies InvitedPerson;
}

/** The path of a link to the console, wherever the server believes it to stand. */
export function pathOf(link: string): string {
  const { pathname, hash } = new URL(link);
  return `${pathname}${hash}`;
}

/** Accepts an invitation in a browser of its own, which is signed in afterwards. */
export async function acceptInvitation(browser: Browser, link: string): Promise<Page> {
  const page = await freshPage(browser, 'en-GB');
  await page.goto(pathOf(link));
  await page.getByRole('textbox', { name: 'New password' }).fill(goodPassword);
  await page.getByRole('button', { name: 'Accept the invitation' }).click();
  await expect(page).toHaveURL(/\/updates/);
  return page;
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const stepMs = 30_000;

/** The code of an authenticator app (RFC 6238: HMAC-SHA-1, 30 seconds, six digits). */
export function totpCode(secret: string, at = Date.now()): string {
  const fixed = process.env.LATARNIK_TOTP_CODE;
  if (fixed) return fixed;
  const digits = [...secret.replaceAll(/[\s=]/g, '').toUpperCase()];
  const bits = digits.map((digit) => base32.indexOf(digit).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g) ?? [];
  const key = Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / stepMs)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 0xf;
  const number = digest.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/** A code works once; the next one is accepted a little early. */
export function nextTotpCode(secret: string): string {
  return totpCode(secret, Date.now() + stepMs);
}
