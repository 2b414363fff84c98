import { expect, type Page, test } from '@playwright/test';
import { listDevices, owner, signIn, startScan, unique } from './scene';

test.beforeEach(async ({ page }) => {
  await signIn(page, owner());
});

interface Place {
  id: string;
  name: string;
}

async function send<Answer>(
  page: Page,
  method: 'POST' | 'PATCH',
  path: string,
  data: object,
): Promise<Answer> {
  const answer = await page.request.fetch(`/api/v1/${path}`, { method, data });
  expect(answer.ok(), await answer.text()).toBe(true);
  return await answer.json();
}

/** A group with another one in it, and in each an online device that is simulated. */
async function groupsWithDevices(page: Page): Promise<{ tenant: Place; outer: string }> {
  const wanted = process.env.LATARNIK_THIS_DEVICE;
  const online = await listDevices(page, '&connection=online&limit=500');
  const simulated = online.filter(({ hostname }) => hostname !== wanted);
  const tenants = new Map<string, { tenant: Place; devices: string[] }>();
  for (const { id } of simulated.slice(0, 20)) {
    const { tenant }: { tenant: Place } = await (
      await page.request.get(`/api/v1/devices/${id}`)
    ).json();
    const known = tenants.get(tenant.id) ?? { tenant, devices: [] };
    known.devices.push(id);
    tenants.set(tenant.id, known);
  }
  const place = [...tenants.values()].find(({ devices }) => devices.length >= 2);
  if (!place) throw new Error('the scene has no two simulated devices of one tenant online');
  const outer = unique('Action');
  const around = await send<Place>(page, 'POST', 'groups', {
    tenant_id: place.tenant.id,
    name: outer,
  });
  const within = await send<Place>(page, 'POST', 'groups', {
    tenant_id: place.tenant.id,
    name: unique('Within'),
    parent_id: around.id,
  });
  const [first, second] = place.devices;
  await send(page, 'PATCH', `devices/${first}`, { group_id: around.id });
  await send(page, 'PATCH', `devices/${second}`, { group_id: within.id });
  return { tenant: place.tenant, outer };
}

test('a group with the groups in it is scanned, and the bar is watched to its end', {
  tag: '@smoke',
}, async ({ page }) => {
  const { tenant, outer } = await groupsWithDevices(page);
  await page.goto(`/settings/groups?tenant=${tenant.id}`);
  const more = `More actions for ${outer}`;
  await page.getByRole('button', { name: more }).click();
  await page.getByRole('menu', { name: more }).getByRole('menuitem', { name: 'Scan' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Scan 2 devices');
  await dialog
    .getByLabel('Deadline for devices that are offline')
    .selectOption({ label: 'Within 1 day, then the task expires' });
  await dialog.getByRole('button', { name: 'Scan', exact: true }).click();

  const progress = page.getByRole('complementary', { name: 'Progress of actions' });
  await expect(progress).toContainText('Scanning 2 devices');
  await page.getByRole('link', { name: 'Devices', exact: true }).click();
  await progress.getByRole('link', { name: 'Open the action: Scanning 2 devices' }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Scan of 2 devices');
  const main = page.getByRole('main');
  await expect(main.getByText('Start no later than')).toBeVisible();
  await expect(main).toContainText('100 % finished', { timeout: 60_000 });
  const bar = main.getByRole('progressbar', { name: '100 % finished' });
  await expect(bar).toHaveAttribute('aria-valuenow', '2');
  await page.getByRole('button', { name: 'Cancel all' }).hover();
  await expect(page.getByRole('button', { name: 'Cancel all' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  await main.getByRole('combobox', { name: 'State' }).selectOption({ label: 'Expired' });
  await expect(page).toHaveURL(/state=expired/);
  await expect(main.getByText('Nothing matches these filters')).toBeVisible();
});

test('actions are listed newest first, filtered in the address, and followed as they go', {
  tag: '@smoke',
}, async ({ page }) => {
  await page.goto('/tasks');
  const views = page.getByRole('navigation', { name: 'View of the tasks' });
  await views.getByRole('link', { name: 'Actions' }).click();
  await expect(page).toHaveURL(/\/actions$/);
  const main = page.getByRole('main');
  await expect(main.getByRole('heading', { level: 1 })).toHaveText('Actions');
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);

  const { action } = await startScan(page);
  const link = page.locator(`main a[href*="${action}"]`);
  const row = main.getByRole('row').filter({ has: page.locator(`a[href*="${action}"]`) });
  await expect(link).toHaveText('Scan');
  await expect(row).toContainText('1 succeeded', { timeout: 60_000 });
  await expect(row).toContainText('Finished');

  await main.getByRole('combobox', { name: 'State' }).selectOption({ label: 'Finished' });
  await expect(page).toHaveURL(/state=ended/);
  await main.getByRole('combobox', { name: 'Kind' }).selectOption({ label: 'Scan' });
  await expect(page).toHaveURL(/kind=scan/);
  await main.getByRole('combobox', { name: 'Asked by' }).selectOption({ label: 'Me' });
  await expect(page).toHaveURL(/by=own/);
  await page.reload();
  await expect(link).toBeVisible();
  await expect(main.getByRole('combobox', { name: 'Asked by' })).toHaveValue('own');
  await main.getByRole('combobox', { name: 'Asked by' }).selectOption({ label: 'Command line' });
  await expect(main.getByText('Nothing matches these filters')).toBeVisible();
  await main.getByRole('button', { name: 'Clear filters' }).click();
  await expect(page).toHaveURL(/\/actions$/);

  await link.click();
  await expect(main.getByRole('heading', { level: 1 })).toContainText('Scan of 1 device');
  await main.getByRole('link', { name: 'All actions' }).click();
  await expect(page).toHaveURL(/\/actions$/);
});

test('the list of actions says so when it cannot be read', async ({ page }) => {
  await page.route('**/api/v1/actions?*', (route) =>
    route.fulfill({
      status: 403,
      contentType: 'application/problem+json',
      body: JSON.stringify({ status: 403, code: 'forbidden', request_id: 'e2e' }),
    }),
  );
  await page.goto('/actions');
  await expect(page.getByRole('alert')).toContainText('forbidden');
});

test('installing by category asks for at least one', async ({ page }) => {
  const { tenant, outer } = await groupsWithDevices(page);
  await page.goto(`/settings/groups?tenant=${tenant.id}`);
  const more = `More actions for ${outer}`;
  await page.getByRole('button', { name: more }).click();
  await page
    .getByRole('menu', { name: more })
    .getByRole('menuitem', { name: 'Install by category…' })
    .click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('checkbox', { name: 'Security' })).toBeChecked();
  await dialog.getByRole('checkbox', { name: 'Security' }).uncheck();
  await dialog.getByRole('checkbox', { name: 'Critical' }).uncheck();
  await dialog.getByRole('button', { name: 'Install', exact: true }).click();
  await expect(dialog).toContainText('Choose at least one category.');
  await dialog.getByRole('checkbox', { name: 'Driver' }).check();
  const asked = page.waitForRequest((request) => request.method() === 'POST');
  await dialog.getByRole('button', { name: 'Install', exact: true }).click();
  expect((await asked).postDataJSON()).toMatchObject({
    kind: 'install_updates',
    categories: ['driver'],
    filter: { subgroups: true },
  });
  await expect(dialog).toBeHidden();
});
