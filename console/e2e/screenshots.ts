import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
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

async function take(page: Page, folder: string, name: string): Promise<void> {
  await expect(page.getByRole('heading').first()).toBeVisible();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  await page.mouse.move(0, 0);
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}

/** This machine first, if it is known: its updates are real. */
async function interestingDevice(page: Page) {
  const devices = await listDevices(page, '&limit=500');
  const real = devices.find(({ hostname }) => hostname === process.env.LATARNIK_THIS_DEVICE);
  return real ?? devices.find(({ pending_updates }) => pending_updates.total) ?? devices[0];
}

/** An installation on all that has something pending, some of which fails. */
async function largeAction(page: Page): Promise<string> {
  const action = await page.request.post('/api/v1/actions', {
    headers: { 'Idempotency-Key': crypto.randomUUID() },
    data: {
      kind: 'install_updates',
      categories: ['security', 'critical'],
      filter: { updates: 'pending' },
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

const languages = ['en', 'pl'] as const satisfies readonly Language[];

// Before the pictures of every page, which scan a device and so change which is the latest.
for (const language of languages) {
  test(`updates, published, ${language}`, async ({ page }) => {
    await signIn(page, owner(), { language, color_scheme: 'light' });
    // The latest scan first: that is the real one of this machine.
    await openUpdates(page, '?sort=-last_scan_at');
    const { LATARNIK_THIS_DEVICE: thisDevice } = process.env;
    if (thisDevice) await expect(deviceRows(page).first()).toContainText(thisDevice);
    await take(page, published, `updates-${language}`);
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
        await take(page, gallery, name('sign-in'));
        await signIn(page, owner(), { language, color_scheme: scheme });
        await openUpdates(page);
        await take(page, gallery, name('updates'));
        await page.getByRole('checkbox').nth(1).check();
        await take(page, gallery, name('selection'));
        await page.goto('/updates/by-update');
        await take(page, gallery, name('updates-by-update'));
        await page.goto(`/updates/${(await someUpdate(page)).id}`);
        await expect(page.getByRole('table')).toBeVisible();
        await take(page, gallery, name('update'));
        await page.goto('/devices');
        await take(page, gallery, name('devices'));
        const device = await interestingDevice(page);
        const detail = await page.request.get(`/api/v1/devices/${device?.id}`);
        const { tenant: place }: { tenant: { id: string } } = await detail.json();
        const tenant = place.id;
        for (const tab of ['summary', 'updates', 'tasks', 'history']) {
          await page.goto(`/devices/${device?.id}?tab=${tab}`);
          await expect(page.getByRole('tabpanel')).toBeVisible();
          await take(page, gallery, name(`device-${tab}`));
        }
        const task = await startScan(page);
        await page.goto(`/tasks/${task.id}`);
        await expect(page.getByRole('main').locator('[data-tone="ok"]').first()).toBeVisible();
        await take(page, gallery, name('task'));
        await page.goto('/tasks');
        await take(page, gallery, name('tasks'));
        await page.goto(`/actions/${await largeAction(page)}`);
        await expect(page.getByRole('table')).toBeVisible();
        await take(page, gallery, name('action'));
        await page.goto('/actions');
        await take(page, gallery, name('actions'));
        await page.goto('/alerts?view=all');
        await take(page, gallery, name('alerts'));
        for (const view of ['', '/blackouts', '/coming', '/tonight', '/feeds']) {
          await page.goto(`/maintenance${view}?tenant=${tenant}`);
          await take(page, gallery, name(`maintenance${view.replace('/', '-')}`));
        }
        await page.goto(`/maintenance/windows/new?preset=weeknights&tenant=${tenant}`);
        await expect(page.getByRole('complementary').getByRole('list')).toBeVisible();
        await take(page, gallery, name('maintenance-window'));
        await page.goto(`/maintenance/blackouts/new?preset=year_end&tenant=${tenant}`);
        await expect(page.getByRole('complementary').getByRole('list')).toBeVisible();
        await take(page, gallery, name('blackout'));
        await page.goto('/updates?updates=pending');
        await page.getByRole('checkbox').nth(0).check();
        await page.getByRole('region').getByRole('button').nth(2).click();
        await expect(page.getByRole('dialog')).toBeVisible();
        await take(page, gallery, name('install-by-category'));
        await page.goto('/settings/enrollment');
        await take(page, gallery, name('enrollment'));
        await page.goto('/settings/enrollment?create=token');
        await expect(page.getByRole('dialog')).toBeVisible();
        await take(page, gallery, name('enrollment-form'));
        for (const place of ['users', 'tenants', 'groups', 'api-tokens', 'sign-in', 'profile']) {
          await page.goto(`/settings/${place}`);
          await take(page, gallery, name(place === 'sign-in' ? 'single-sign-on' : place));
        }
        await page.goto('/settings/update-policies');
        await take(page, gallery, name('update-policies'));
        await page.goto('/settings/update-policies/new?preset=balanced');
        await expect(page.getByRole('complementary').getByRole('table')).toBeVisible();
        await take(page, gallery, name('update-policy'));
        await page.goto('/settings/update-policies/approvals');
        await take(page, gallery, name('update-decisions'));
        await page.goto('/settings/update-policies/rings');
        await take(page, gallery, name('rollouts'));
        await page.goto('/settings/users?create=user');
        await expect(page.getByRole('dialog')).toBeVisible();
        await take(page, gallery, name('users-form'));
        await page.goto('/audit');
        await take(page, gallery, name('audit'));
        await page.getByRole('row').nth(1).getByRole('link').click();
        await expect(page.getByRole('dialog')).toBeVisible();
        await take(page, gallery, name('audit-event'));
      });
    }
  });
}
