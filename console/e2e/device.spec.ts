import { expect, test } from '@playwright/test';
import { listDevices, owner, signIn } from './scene';

test.beforeEach(async ({ page }) => {
  await signIn(page, owner());
});

test('the tabs are in the address', async ({ page }) => {
  const device = (await listDevices(page))[0];
  await page.goto(`/devices/${device?.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(device?.hostname ?? '');
  await page.getByRole('tab', { name: 'Tasks' }).click();
  await expect(page).toHaveURL(/tab=tasks/);
  await page.reload();
  await expect(page.getByRole('tab', { name: 'Tasks' })).toHaveAttribute('aria-selected', 'true');
});

test('pending updates can be chosen one by one', async ({ page }) => {
  const device = (await listDevices(page, '&updates=pending'))[0];
  test.skip(!device, 'no device has pending updates');
  await page.goto(`/devices/${device?.id}?tab=updates`);
  const install = page.getByRole('button', { name: 'Install 0 chosen' });
  await expect(install).toHaveAttribute('aria-disabled', 'true');
  await expect(install).toHaveAttribute('aria-description', 'Choose at least one update first.');
  await page
    .getByRole('checkbox', { name: /^Select / })
    .first()
    .check();
  await page.getByRole('button', { name: 'Install 1 chosen' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('1 chosen update will be installed.');
  await dialog.getByRole('radio', { name: 'In the maintenance window' }).check();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
});

test('a device that does not exist is told so', async ({ page }) => {
  await page.goto('/devices/00000000-0000-4000-8000-000000000000');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('There is nothing here');
  await expect(alert).toContainText('not_found');
});

test('removing asks first', async ({ page }) => {
  const device = (await listDevices(page))[0];
  await page.goto(`/devices/${device?.id}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Remove device' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(`Remove ${device?.hostname}?`);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
});
