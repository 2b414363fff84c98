import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { clear, type Furnished, furnish } from './furnished';
import { paint } from './maintenance';
import {
  deviceRows,
  type Language,
  listDevices,
  openUpdates,
  owner,
  signIn,
  someUpdate,
  startScan,
} from './scene';

/** Pictures that documents show; made by a program, so that they stay true. */
const published =
  process.env.LATARNIK_PUBLISHED_IMAGES ??
  fileURLToPath(new URL('../../docs/images', import.meta.url));
/** Pictures of every page, to look at. */
const gallery =
  process.env.LATARNIK_SCREENSHOTS ??
  fileURLToPath(new URL('../test-results/pictures', import.meta.url));

async function settle(page: Page): Promise<void> {
  await expect(page.getByRole('heading').first()).toBeVisible();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  await page.mouse.move(0, 0);
}

async function take(page: Page, name: string): Promise<void> {
  await settle(page);
  await mkdir(gallery, { recursive: true });
  await page.screenshot({ path: join(gallery, `${name}.png`), animations: 'disabled' });
}

/** WebP, less than half of the same PNG: pictures stay in the repository with every change of them. */
async function publish(page: Page, name: string): Promise<void> {
  await settle(page);
  await mkdir(published, { recursive: true });
  const browser = await page.context().newCDPSession(page);
  const { data } = await browser.send('Page.captureScreenshot', { format: 'webp', quality: 75 });
  await browser.detach();
  await writeFile(join(published, `${name}.webp`), Buffer.from(data, 'base64'));
}

/** This machine first, if it is known: its updates are real. */
async function interestingDevice(page: Page) {
  const devices = await listDevices(page, '&limit=500');
  const real = devices.find(({ hostname }) => hostname === process.env.LATARNIK_THIS_DEVICE);
  return real ?? devices.find(({ pending_updates }) => pending_updates.total) ?? devices[0];
}

/** An installation on every simulated device that has something pending; never on this machine. */
async function largeAction(page: Page): Promise<string> {
  const pending = await listDevices(page, '&updates=pending&limit=500');
  const simulated = pending.filter(({ hostname }) => hostname !== process.env.LATARNIK_THIS_DEVICE);
  const action = await page.request.post('/api/v1/actions', {
    headers: { 'Idempotency-Key': crypto.randomUUID() },
    data: {
      kind: 'install_updates',
      categories: ['security', 'critical'],
      device_ids: simulated.map(({ id }) => id),
      when: { type: 'now' },
      deadline: new Date(Date.now() + 86_400_000).toISOString(),
    },
  });
  expect(action.status(), await action.text()).toBe(201);
  const { id }: { id: string } = await action.json();
  const course = async () => {
    const answer = await page.request.get(`/api/v1/actions/${id}`);
    const { percent }: { percent: number } = await answer.json();
    return percent;
  };
  await expect.poll(course, { timeout: 60_000 }).toBeGreaterThan(30);
  return id;
}

async function publishUpdates(page: Page, language: Language): Promise<void> {
  // The latest scan first: that is the real one of this machine.
  await openUpdates(page, '?sort=-last_scan_at');
  const { LATARNIK_THIS_DEVICE: thisDevice } = process.env;
  if (thisDevice) await expect(deviceRows(page).first()).toContainText(thisDevice);
  await publish(page, `updates-${language}`);
}

async function publishMaintenance(
  page: Page,
  { tenant, server }: Furnished,
  language: Language,
): Promise<void> {
  await page.goto(`/maintenance?tenant=${tenant.id}`);
  await expect(page.getByRole('switch').first()).toBeVisible();
  await publish(page, `windows-${language}`);
  await page.goto(`/maintenance/windows/new?tenant=${tenant.id}`);
  const grid = page.getByRole('grid');
  // Saturdays and Sundays from 20:00 to 04:00: rows are nights from noon to noon.
  for (const row of [5, 6]) await paint(page, grid, [row, 16], [row, 31]);
  await expect(page.getByRole('complementary').getByRole('listitem')).toHaveCount(8);
  await publish(page, `painted-week-${language}`);
  await page.goto(`/maintenance/tonight?tenant=${tenant.id}`);
  await expect(deviceRows(page).first()).toBeVisible();
  await publish(page, `tonight-${language}`);
  await page.goto(`/devices/${server.id}`);
  await expect(page.getByRole('tabpanel').locator('ol').first()).toBeVisible();
  await publish(page, `why-not-now-${language}`);
}

/** Every place that speaks of windows, with some of them in force. */
async function takeMaintenance(
  page: Page,
  { tenant, server, waiting }: Furnished,
  name: (place: string) => string,
): Promise<void> {
  const of = `tenant=${tenant.id}`;
  for (const view of ['', '/blackouts', '/coming', '/tonight', '/feeds']) {
    await page.goto(`/maintenance${view}?${of}`);
    await take(page, name(`maintenance${view.replace('/', '-')}`));
  }
  await page.goto('/maintenance');
  await take(page, name('maintenance-all-tenants'));
  await page.goto(`/maintenance/windows/new?preset=weeknights&${of}`);
  await expect(page.getByRole('complementary').getByRole('list')).toBeVisible();
  await take(page, name('maintenance-window'));
  await page.goto(`/maintenance/windows/new?${of}`);
  const grid = page.getByRole('grid');
  await paint(page, grid, [1, 20], [1, 27]);
  await paint(page, grid, [5, 10], [5, 13]);
  await expect(page.getByRole('complementary').getByRole('list')).toHaveCount(2);
  await take(page, name('maintenance-window-painted'));
  await page.goto(`/maintenance/blackouts/new?preset=year_end&${of}`);
  await expect(page.getByRole('complementary').getByRole('list')).toBeVisible();
  await take(page, name('blackout'));
  await page.goto(`/tasks/${waiting.id}`);
  await expect(page.getByRole('main').locator('ol').first()).toBeVisible();
  await take(page, name('task-waiting'));
  await page.goto(`/devices/${server.id}`);
  await expect(page.getByRole('tabpanel').locator('ol').first()).toBeVisible();
  await take(page, name('device-why-not-now'));
  await page.goto(`/updates?${of}`);
  await expect(deviceRows(page).first()).toBeVisible();
  await take(page, name('updates-with-windows'));
  const row = deviceRows(page).filter({
    has: page.getByRole('link', { name: server.hostname, exact: true }),
  });
  await row.getByRole('button').nth(1).click();
  await expect(page.getByRole('dialog').getByRole('checkbox')).toBeVisible();
  await take(page, name('outside-window'));
}

const languages = ['en', 'pl'] as const satisfies readonly Language[];

// Before the pictures of every page, which scan a device and so change which is the latest.
for (const language of languages) {
  test.describe(`published, ${language}`, () => {
    test.use({ locale: language, reducedMotion: 'reduce' });
    test(`the pictures of documents, ${language}`, async ({ page }) => {
      await signIn(page, owner(), { language, color_scheme: 'light' });
      const furnished = await furnish(page, language);
      await publishUpdates(page, language);
      await publishMaintenance(page, furnished, language);
      await clear(page, furnished);
    });
  });
}

for (const language of languages) {
  test.describe(`in ${language}`, () => {
    // Before somebody signs in, the browser's language counts.
    test.use({ locale: language });
    for (const scheme of ['light', 'dark'] as const) {
      test(`every page, ${language}, ${scheme}`, async ({ page }) => {
        const name = (place: string) => `${place}-${language}-${scheme}`;
        await page.emulateMedia({ colorScheme: scheme });
        await page.goto('/sign-in');
        await take(page, name('sign-in'));
        await signIn(page, owner(), { language, color_scheme: scheme });
        await openUpdates(page);
        await take(page, name('updates'));
        await page.getByRole('checkbox').nth(1).check();
        await take(page, name('selection'));
        await page.goto('/updates/by-update');
        await take(page, name('updates-by-update'));
        await page.goto(`/updates/${(await someUpdate(page)).id}`);
        await expect(page.getByRole('table')).toBeVisible();
        await take(page, name('update'));
        await page.goto('/devices');
        await take(page, name('devices'));
        const device = await interestingDevice(page);
        for (const tab of ['summary', 'updates', 'tasks', 'history']) {
          await page.goto(`/devices/${device?.id}?tab=${tab}`);
          await expect(page.getByRole('tabpanel')).toBeVisible();
          await take(page, name(`device-${tab}`));
        }
        const task = await startScan(page);
        await page.goto(`/tasks/${task.id}`);
        await expect(page.getByRole('main').locator('[data-tone="ok"]').first()).toBeVisible();
        await take(page, name('task'));
        await page.goto('/tasks');
        await take(page, name('tasks'));
        await page.goto(`/actions/${await largeAction(page)}`);
        await expect(page.getByRole('table')).toBeVisible();
        await take(page, name('action'));
        await page.goto('/actions');
        await take(page, name('actions'));
        await page.goto('/alerts?view=all');
        await take(page, name('alerts'));
        const furnished = await furnish(page, language);
        await takeMaintenance(page, furnished, name);
        await clear(page, furnished);
        await page.goto('/updates?updates=pending');
        await page.getByRole('checkbox').nth(0).check();
        await page.getByRole('region').getByRole('button').nth(2).click();
        await expect(page.getByRole('dialog')).toBeVisible();
        await take(page, name('install-by-category'));
        await page.goto('/settings/enrollment');
        await take(page, name('enrollment'));
        await page.goto('/settings/enrollment?create=token');
        await expect(page.getByRole('dialog')).toBeVisible();
        await take(page, name('enrollment-form'));
        for (const place of ['users', 'tenants', 'groups', 'api-tokens', 'sign-in', 'profile']) {
          await page.goto(`/settings/${place}`);
          await take(page, name(place === 'sign-in' ? 'single-sign-on' : place));
        }
        await page.goto('/settings/update-policies');
        await take(page, name('update-policies'));
        await page.goto('/settings/update-policies/new?preset=balanced');
        await expect(page.getByRole('complementary').getByRole('table')).toBeVisible();
        await take(page, name('update-policy'));
        await page.goto('/settings/update-policies/approvals');
        await take(page, name('update-decisions'));
        await page.goto('/settings/update-policies/rings');
        await take(page, name('rollouts'));
        await page.goto('/settings/users?create=user');
        await expect(page.getByRole('dialog')).toBeVisible();
        await take(page, name('users-form'));
        await page.goto('/audit');
        await take(page, name('audit'));
        await page.getByRole('row').nth(1).getByRole('link').click();
        await expect(page.getByRole('dialog')).toBeVisible();
        await take(page, name('audit-event'));
      });
    }
  });
}
