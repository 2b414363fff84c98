import { expect, test } from '@playwright/test';
import { deviceRows, listDevices, onlineDevice, openUpdates, owner, signIn, viewer } from './scene';

test.describe('the owner', () => {
  test.beforeEach(async ({ page }) => {
    await signIn(page, owner());
  });

  test('sees a device with the number of its pending updates', {
    tag: '@smoke',
  }, async ({ page }) => {
    // One that is at work has fewer with every answer.
    const idle = async () => {
      const devices = await listDevices(page, '&updates=pending');
      return devices.find(({ open_tasks }) => open_tasks === 0);
    };
    await expect.poll(idle).toBeDefined();
    const device = await idle();
    await openUpdates(page, `?search=${device?.hostname}`);
    const row = deviceRows(page).filter({ hasText: device?.hostname ?? '' });
    const total = String(device?.pending_updates.total);
    await expect(row.locator('strong').first()).toHaveText(total);
  });

  test('sorts by the columns, and the address says so', async ({ page }) => {
    await openUpdates(page);
    const header = page.getByRole('columnheader', { name: 'Pending updates' });
    await header.getByRole('button').click();
    await expect(page).toHaveURL(/sort=pending_updates/);
    await expect(header).toHaveAttribute('aria-sort', 'ascending');
    await header.getByRole('button').click();
    await expect(page).toHaveURL(/sort=-pending_updates/);
    await page.reload();
    await expect(header).toHaveAttribute('aria-sort', 'descending');
  });

  test('filters, and the address restores the filter', async ({ page }) => {
    await openUpdates(page);
    const device = (await listDevices(page))[0];
    await page.getByRole('searchbox', { name: 'Search by name' }).fill(device?.hostname ?? '');
    await expect(page).toHaveURL(/search=/);
    await expect(deviceRows(page).first()).toContainText(device?.hostname ?? '');
    await page.reload();
    await expect(page.getByRole('searchbox')).toHaveValue(device?.hostname ?? '');
    await page.getByRole('searchbox').fill('no such machine anywhere');
    await expect(page.getByText('Nothing matches these filters')).toBeVisible();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await expect(deviceRows(page).first()).toBeVisible();
  });

  test('offers a restart exactly where one is pending', async ({ page }) => {
    await openUpdates(page);
    await expect(deviceRows(page).first()).toBeVisible();
    // Devices may still be at what earlier stories asked of them: the page follows them.
    await expect(async () => {
      const firstPage = await listDevices(page);
      const waiting = firstPage.filter(({ restart }) => restart.required === 'yes');
      expect(await deviceRows(page).count()).toBe(firstPage.length);
      const offered = await page.getByRole('button', { name: 'Restart', exact: true }).count();
      expect(offered).toBe(waiting.length);
    }).toPass();
  });

  test('asks before machines restart, and Cancel starts nothing', async ({ page }) => {
    const waiting = await listDevices(page, '&restart=required');
    expect(waiting.length, 'no device waits for a restart').toBeGreaterThan(0);
    await openUpdates(page, '?restart=required');
    await page.getByRole('button', { name: 'Restart', exact: true }).first().click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText('This restarts 1 machine.');
    await expect(dialog.getByRole('button', { name: 'Restart 1 machine' })).toBeVisible();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog).toBeHidden();
  });

  test('scans a device, watches the task end live and reads its log', {
    tag: '@smoke',
  }, async ({ page }) => {
    const device = await onlineDevice(page);
    await openUpdates(page, `?search=${device.hostname}`);
    const row = deviceRows(page).filter({ hasText: device.hostname }).first();
    await row.getByRole('button', { name: 'Scan' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText(`Scan ${device.hostname}`);
    await dialog.getByRole('button', { name: 'Scan' }).click();

    const progress = page.getByRole('complementary', { name: 'Progress of actions' });
    await expect(progress).toContainText('of 1');
    await page.getByRole('link', { name: 'Devices' }).click();
    await expect(progress).toBeVisible();
    await progress.getByRole('link', { name: 'Open the action' }).click();
    await page.getByRole('row').getByRole('link', { name: 'Scan' }).first().click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText(device.hostname);
    await expect(page.locator('main').getByText('Succeeded').first()).toBeVisible({
      timeout: 40_000,
    });
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download the whole log' }).click();
    expect((await download).suggestedFilename()).not.toBe('');
    await page.getByRole('button', { name: 'Open the log' }).click();
    await expect(page.getByRole('region', { name: 'Log' })).not.toBeEmpty();
  });

  test('selects rows, and the bulk bar acts on them', async ({ page }) => {
    await openUpdates(page);
    const boxes = page.getByRole('checkbox', { name: /^Select / });
    await boxes.nth(1).check();
    const bar = page.getByRole('region', { name: 'Selected devices' });
    await expect(bar).toContainText('1 device');
    await expect(page).toHaveURL(/selected=/);
    await page.reload();
    await expect(bar).toContainText('1 device');
    await bar.getByRole('button', { name: 'Clear selection' }).click();
    await expect(bar).toBeHidden();
  });

  test('works with the keyboard alone', async ({ page }) => {
    await openUpdates(page);
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await expect(page.getByRole('region', { name: 'Selected devices' })).toBeVisible();
    await page.keyboard.press('x');
    await page.keyboard.press('/');
    await expect(page.getByRole('searchbox')).toBeFocused();
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/devices\//);
  });

  test('exports what matches as CSV', async ({ page }) => {
    await openUpdates(page);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    expect((await download).suggestedFilename()).toMatch(/^latarnik-.*\.csv$/);
  });

  test('a lost connection is told and heals', async ({ page }) => {
    await page.route('**/api/v1/events', (route) => route.abort());
    await openUpdates(page);
    const banner = page.getByText('Connection to the server lost.');
    await expect(banner).toBeVisible({ timeout: 20_000 });
    await page.unroute('**/api/v1/events');
    await expect(banner).toBeHidden({ timeout: 30_000 });
  });
});

test('who may only look sees no action', { tag: '@smoke' }, async ({ page }) => {
  await signIn(page, viewer());
  await openUpdates(page);
  for (const name of ['Scan', 'Install', 'Restart']) {
    await expect(page.getByRole('button', { name, exact: true })).toHaveCount(0);
  }
  await expect(page.getByRole('checkbox')).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Enrollment' })).toHaveCount(0);
  await page.goto('/settings/enrollment');
  await expect(page.getByRole('alert')).toContainText('You may not see this');
});
