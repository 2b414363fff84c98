import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import {
  acceptInvitation,
  goodPassword,
  invite,
  type Language,
  listDevices,
  openUpdates,
  owner,
  signIn,
  someUpdate,
  startScan,
  totpCode,
} from './scene';

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => ({
    rule: id,
    where: nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
  }));
  expect(found).toEqual([]);
}

/** A page is looked at when its data is there: skeletons have no words to judge. */
async function settle(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  await page.waitForLoadState('load');
}

const places = [
  '/updates',
  '/updates/by-update',
  '/updates/by-update?search=no+such+update+anywhere',
  '/devices',
  '/alerts',
  '/alerts?view=closed',
  '/maintenance',
  '/maintenance/blackouts',
  '/maintenance/coming',
  '/maintenance/tonight',
  '/maintenance/feeds',
  '/maintenance/windows/new?preset=weeknights',
  '/maintenance/windows/new?preset=patch_days',
  '/maintenance/blackouts/new?preset=year_end',
  '/tasks',
  '/actions',
  '/actions?by=command_line&state=ended',
  '/audit',
  '/settings/users',
  '/settings/tenants',
  '/settings/groups',
  '/settings/update-policies',
  '/settings/update-policies/approvals',
  '/settings/update-policies/rings',
  '/settings/update-policies/new?preset=balanced',
  '/settings/enrollment',
  '/settings/api-tokens',
  '/settings/sign-in',
  '/settings/profile',
];
const forms = [
  '/settings/enrollment?create=token',
  '/settings/users?create=user',
  '/settings/api-tokens?create=token',
  '/settings/tenants?create=tenant',
];
const entrances = [
  '/sign-in',
  '/sign-in/openid?error=access_denied',
  '/forgotten-password',
  `/invitation#${'0'.repeat(64)}`,
  `/new-password#${'0'.repeat(64)}`,
];
test('setting up a second factor is accessible, step by step', async ({ page, browser }) => {
  await signIn(page, owner());
  const guest = await acceptInvitation(browser, (await invite(page, 'technician')).link);
  await guest.goto('/settings/profile');
  await settle(guest);
  const offer = guest.getByRole('button', { name: 'Set up two-factor authentication' });
  if (await offer.isVisible()) await offer.click();
  const form = guest.locator('form').filter({ hasText: 'Continue' });
  await expectAccessible(guest);
  await form.getByRole('textbox', { name: 'Current password' }).fill(goodPassword);
  await form.getByRole('button', { name: 'Continue' }).click();
  const secret = guest.getByRole('region', { name: 'Key for the authenticator app' });
  await expect(secret).toBeVisible();
  await expectAccessible(guest);
  await guest.getByLabel('Code from the app').fill(totpCode(await secret.innerText()));
  await guest.getByRole('button', { name: 'Turn on' }).click();
  await expect(guest.getByRole('list', { name: 'Recovery codes' })).toBeVisible();
  await expectAccessible(guest);
  await guest.context().close();
});

const looks: { language: Language; color_scheme: 'light' | 'dark' }[] = [
  { language: 'en', color_scheme: 'light' },
  { language: 'pl', color_scheme: 'dark' },
];

for (const entrance of entrances) {
  test(`${entrance.replace(/#.*/, '')} is accessible`, async ({ page }) => {
    await page.goto(entrance);
    await settle(page);
    await expectAccessible(page);
  });
}

for (const look of looks) {
  test.describe(`in ${look.language}, ${look.color_scheme}`, () => {
    test.beforeEach(async ({ page }) => {
      await signIn(page, owner(), look);
    });

    for (const place of places) {
      test(`${place} is accessible`, async ({ page }) => {
        await page.goto(place);
        await settle(page);
        await expectAccessible(page);
      });
    }

    test("a device's page is accessible", async ({ page }) => {
      const device = (await listDevices(page))[0];
      for (const tab of ['summary', 'updates', 'tasks', 'history']) {
        await page.goto(`/devices/${device?.id}?tab=${tab}`);
        await settle(page);
        await expectAccessible(page);
      }
    });

    test("an update's page, and its history on a device, are accessible", async ({ page }) => {
      const update = await someUpdate(page);
      await page.goto(`/updates/${update.id}`);
      await settle(page);
      await expectAccessible(page);
      await page.getByRole('table').getByRole('row').nth(1).getByRole('link').first().click();
      await expect(page).toHaveURL(/tab=history/);
      await settle(page);
      await expectAccessible(page);
    });

    test("an action's page and its task's are accessible", async ({ page }) => {
      const task = await startScan(page);
      await page.goto(`/actions/${task.action}`);
      await settle(page);
      await expectAccessible(page);
      await page.goto(`/tasks/${task.id}`);
      await settle(page);
      await expectAccessible(page);
    });

    test('the action dialogue is accessible', async ({ page }) => {
      await openUpdates(page);
      await page
        .getByRole('button', { name: /^(Scan|Skanuj)$/ })
        .first()
        .click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectAccessible(page);
    });

    for (const form of forms) {
      test(`${form} is accessible, with its mistakes named`, async ({ page }) => {
        await page.goto(form);
        const dialog = page.getByRole('dialog');
        await expect(dialog).toBeVisible();
        await dialog.locator('button[type="submit"]').click();
        await expect(dialog.locator('[aria-invalid="true"]').first()).toBeVisible();
        await expectAccessible(page);
      });
    }

    test("an audit event's details are accessible", async ({ page }) => {
      await page.goto('/audit');
      await page.getByRole('row').nth(1).getByRole('link').click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectAccessible(page);
    });

    test('a page that does not exist is accessible', async ({ page }) => {
      await page.goto('/tasks/00000000-0000-4000-8000-000000000000');
      await expect(page.getByRole('alert')).toBeVisible();
      await expectAccessible(page);
    });
  });
}
