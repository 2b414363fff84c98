import { expect, type Page, test } from '@playwright/test';
import { type DeviceFacts, listDevices, owner, signIn, titleIn, viewer } from './scene';

interface OfferedUpdate {
  id: string;
  key: string;
  title: string;
  titles: Record<string, string>;
  kb?: string | null;
  standing: { state: string };
}

async function offeredUpdates(page: Page, device: DeviceFacts): Promise<OfferedUpdate[]> {
  const answer = await page.request.get(`/api/v1/devices/${device.id}/updates`);
  expect(answer.status(), await answer.text()).toBe(200);
  const { items }: { items: OfferedUpdate[] } = await answer.json();
  return items;
}

/** What the API says has happened, newest first. */
async function statesOf(page: Page, device: DeviceFacts, update: OfferedUpdate) {
  const answer = await page.request.get(
    `/api/v1/devices/${device.id}/update-steps?update_id=${update.id}`,
  );
  expect(answer.status(), await answer.text()).toBe(200);
  const { items }: { items: { state: string }[] } = await answer.json();
  return items.map(({ state }) => state);
}

const names: Record<string, string> = {
  offered: 'Offered',
  approved: 'Approved',
  restart_pending: 'Waits for a restart',
  installed: 'Installed',
  failed: 'Failed',
};

/** A simulated device that answers, with an update that nothing has been done about. */
async function somethingToInstall(page: Page) {
  const devices = await listDevices(page, '&connection=online&updates=pending&limit=500');
  for (const device of devices) {
    if (device.hostname === process.env.LATARNIK_THIS_DEVICE) continue;
    const updates = await offeredUpdates(page, device);
    const update = updates.find(({ standing }) => standing.state === 'offered');
    if (update) return { device, update };
  }
  throw new Error('no simulated device has an update to install');
}

test.describe('the owner', () => {
  test.beforeEach(async ({ page }) => {
    await signIn(page, owner());
  });

  test('installs an update, and its history tells every step with its evidence', {
    tag: '@smoke',
  }, async ({ page }) => {
    const found = await somethingToInstall(page);
    const { device, update } = found;
    await page.goto(`/devices/${device.id}?tab=updates`);
    const row = page
      .getByRole('row')
      .filter({ hasText: titleIn(update, 'en') })
      .first();
    await expect(row).toContainText('Offered');
    await row.getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Install 1 chosen' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Install', exact: true }).click();
    await expect(page.getByRole('dialog')).toBeHidden();

    await page.goto(`/devices/${device.id}?tab=history&update=${update.id}`);
    const history = page.getByRole('region', { name: 'History of updates' });
    // Which of them it is, is up to the simulated installer.
    const ended = history.getByText(/^(Installed|Waits for a restart|Failed)$/);
    // Nothing is reloaded: the steps arrive by themselves.
    await expect(ended.first()).toBeVisible({ timeout: 60_000 });
    const shown = history.getByRole('listitem').filter({ has: page.locator('time') });
    await expect(shown.first()).toContainText('Asked for by');
    await expect(shown.first().getByRole('link', { name: 'Show task' })).toBeVisible();
    await expect(shown.last()).toContainText('Offered');
    await expect(shown.last()).toContainText(/scan no\. \d/);
    const states = await statesOf(page, device, update);
    expect(states.slice(-2)).toEqual(['approved', 'offered']);
    await expect(shown).toHaveText(states.map((state) => new RegExp(`^${names[state]}`)));
  });

  test('drops the filter of a history, and narrows it again by a title', async ({ page }) => {
    const found = await somethingToInstall(page);
    const { device, update } = found;
    await page.goto(`/devices/${device.id}?tab=updates`);
    await page.getByRole('link', { name: `History of ${titleIn(update, 'en')}` }).click();
    await expect(page).toHaveURL(new RegExp(`update=${update.id}`));
    await page.getByRole('button', { name: /^Remove the filter/ }).click();
    await expect(page).not.toHaveURL(/update=/);
    const history = page.getByRole('region', { name: 'History of updates' });
    await expect(history.getByRole('listitem').first()).toBeVisible();
    // A scan that offered many shows a few of them first.
    const more = history.getByRole('button', { name: /^Show \d+ more$/ });
    while ((await more.count()) > 0) await more.first().click();
    await history
      .getByRole('link', { name: titleIn(update, 'en') })
      .first()
      .click();
    await expect(page).toHaveURL(new RegExp(`update=${update.id}`));
  });

  test('goes from the list of updates to one, and from there to its history on a device', {
    tag: '@smoke',
  }, async ({ page }) => {
    await page.goto('/updates');
    await page.getByRole('link', { name: 'By update' }).click();
    await expect(page).toHaveURL(/\/updates\/by-update/);
    const row = page.getByRole('row').nth(1);
    const link = row.getByRole('link');
    const title = await link.innerText();
    await link.click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    const devices = page.getByRole('table', { name: 'Devices' });
    const device = devices.getByRole('row').nth(1).getByRole('link').first();
    const hostname = await device.innerText();
    await device.click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(hostname);
    await expect(page.getByRole('tab', { name: 'History' })).toHaveAttribute(
      'aria-selected',
      'true',
    );
    await expect(page.getByRole('button', { name: /^Remove the filter/ })).toBeVisible();
  });

  test('sorts and filters updates, and the address restores it', async ({ page }) => {
    await page.goto('/updates/by-update');
    const header = page.getByRole('columnheader', { name: 'Devices lacking it' });
    await expect(header).toHaveAttribute('aria-sort', 'descending');
    await header.getByRole('button').click();
    await expect(page).toHaveURL(/sort=lacking/);
    await page.getByRole('button', { name: 'Lacking somewhere' }).click();
    await page.reload();
    await expect(header).toHaveAttribute('aria-sort', 'ascending');
    await expect(page.getByRole('button', { name: 'Lacking somewhere' })).toHaveAttribute(
      'aria-pressed',
      'true',
    );
    await page.getByRole('searchbox').fill('no such update anywhere');
    await expect(page.getByText('Nothing matches these filters')).toBeVisible();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await expect(page.getByRole('row').nth(1).getByRole('link')).toBeVisible();
  });

  test('is told where an update would be installed before anything starts', async ({ page }) => {
    await page.goto('/updates/by-update?situation=lacking');
    const link = page.getByRole('row').nth(1).getByRole('link');
    const title = await link.innerText();
    await link.click();
    await page.getByRole('button', { name: 'Install on devices that lack it…' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText(title);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog).toBeHidden();
  });
});

test('who may only look reads the ledger and is offered no installation', async ({ page }) => {
  await signIn(page, viewer());
  await page.goto('/updates/by-update');
  await page.getByRole('row').nth(1).getByRole('link').click();
  await expect(page.getByRole('table', { name: 'Devices' })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Install/ })).toHaveCount(0);
});
