import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { type Language, listDevices, openUpdates, owner, signIn, startScan } from './scene';

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

const places = ['/updates', '/devices', '/tasks', '/settings/enrollment', '/settings/profile'];
const looks: { language: Language; color_scheme: 'light' | 'dark' }[] = [
  { language: 'en', color_scheme: 'light' },
  { language: 'pl', color_scheme: 'dark' },
];

test('the sign-in page is accessible', async ({ page }) => {
  await page.goto('/sign-in');
  await settle(page);
  await expectAccessible(page);
});

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
      for (const tab of ['summary', 'updates', 'tasks']) {
        await page.goto(`/devices/${device?.id}?tab=${tab}`);
        await settle(page);
        await expectAccessible(page);
      }
    });

    test("a task's page is accessible", async ({ page }) => {
      const task = await startScan(page);
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

    test('the token form is accessible', async ({ page }) => {
      await page.goto('/settings/enrollment?create=token');
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
