import { expect, type Page, test } from '@playwright/test';
import { listDevices, owner, signIn, unique } from './scene';

test.beforeEach(async ({ page }) => {
  await signIn(page, owner());
});

interface Place {
  id: string;
  name: string;
}

/** The tenant of some device, so that its groups can hold one. */
async function tenantWithDevice(page: Page): Promise<{ tenant: Place; device: Place }> {
  const [device] = await listDevices(page, '&limit=1');
  if (!device) throw new Error('the scene has no device');
  const answer = await page.request.get(`/api/v1/devices/${device.id}`);
  const { tenant }: { tenant: Place } = await answer.json();
  return { tenant, device: { id: device.id, name: device.hostname } };
}

async function choose(page: Page, group: string, item: string): Promise<void> {
  const name = `More actions for ${group}`;
  await page.getByRole('button', { name }).click();
  // The menu that was used before may still be closing.
  await page.getByRole('menu', { name }).getByRole('menuitem', { name: item }).click();
}

test('groups are created within each other, renamed, moved and deleted', {
  tag: '@smoke',
}, async ({ page }) => {
  const { tenant, device } = await tenantWithDevice(page);
  const [outer, inner] = [unique('Outer'), unique('Inner')];
  await page.goto(`/settings/groups?tenant=${tenant.id}`);
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'New group' }).click();
  await dialog.getByRole('button', { name: 'Create group' }).click();
  await expect(dialog).toContainText('Enter a name.');
  await dialog.getByLabel('Name').fill(outer);
  await dialog.getByRole('button', { name: 'Create group' }).click();
  await page.getByRole('button', { name: `Add a group inside ${outer}` }).click();
  await dialog.getByLabel('Name').fill(inner);
  await dialog.getByRole('button', { name: 'Create group' }).click();
  const within = page.getByRole('listitem').filter({ hasText: outer }).getByRole('listitem');
  await expect(within).toContainText(inner);

  await page.goto(`/devices/${device.id}`);
  const moved = page.waitForResponse(
    (answer) => answer.request().method() === 'PATCH' && answer.url().endsWith(device.id),
  );
  await page.getByLabel('Group', { exact: true }).selectOption({ label: `${outer} › ${inner}` });
  expect((await moved).status()).toBe(200);
  await page.goto(`/settings/groups?tenant=${tenant.id}`);
  await expect(within).toContainText('1 device');

  const renamed = unique('Renamed');
  await choose(page, inner, 'Rename…');
  await dialog.getByLabel('Name').fill(renamed);
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await expect(within).toContainText(renamed);
  await choose(page, outer, 'Move…');
  await expect(dialog.getByLabel('Inside')).not.toContainText(renamed);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await choose(page, renamed, 'Move…');
  await dialog.getByLabel('Inside').selectOption({ label: 'Nothing, at the top' });
  await dialog.getByRole('button', { name: 'Move' }).click();
  await expect(within).toHaveCount(0);

  await choose(page, renamed, 'Delete…');
  await expect(dialog).toContainText('The group contains: 1 device.');
  await dialog.getByRole('button', { name: 'Delete group' }).click();
  await expect(page.getByText(renamed)).toHaveCount(0);
  await choose(page, outer, 'Delete…');
  await expect(dialog).toContainText('It is empty');
  await dialog.getByRole('button', { name: 'Delete group' }).click();
  await expect(page.getByText(outer)).toHaveCount(0);
});
