import {
  type BrowserContext,
  test as base,
  expect,
  type Locator,
  type Page,
} from '@playwright/test';
import { freshPage, invite, listDevices, owner, pathOf, signIn, uniqueAddress } from './scene';

let made = 0;

/**
 * Text that would do something wherever it is taken for HTML, for an attribute, for SQL or for a
 * sentence of the console; short enough for every name.
 */
function hostileText(): string {
  made += 1;
  const unique = `${Date.now().toString(36)}${made}`;
  return `<img data-hostile src=/x onerror=alert(1)>"');DROP TABLE users;--$t(x){{y}} ${unique}`;
}

/** What the browsers of a test did that text never does. */
function watch(context: BrowserContext, seen: string[]): void {
  const watchPage = (page: Page) => {
    page.on('dialog', (dialog) => {
      if (dialog.type() !== 'beforeunload') seen.push(`a dialog opened: ${dialog.message()}`);
      void dialog.accept();
    });
    page.on('pageerror', (error) => seen.push(`the page failed: ${error.message}`));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) seen.push(message.text());
    });
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/x') seen.push('an image was loaded');
    });
  };
  context.on('page', watchPage);
  for (const page of context.pages()) watchPage(page);
}

const test = base.extend<{ seen: string[] }>({
  seen: [
    async ({ context }, use) => {
      const seen: string[] = [];
      watch(context, seen);
      await use(seen);
      expect(seen).toEqual([]);
    },
    { auto: true },
  ],
});

/** It is there to be read, and has made nothing. */
async function expectText(place: Locator, text: string): Promise<void> {
  await expect(place).toContainText(text);
  await expectNothingMade(place.page());
}

async function expectNothingMade(page: Page): Promise<void> {
  await expect(page.locator('[data-hostile], img[onerror]')).toHaveCount(0);
}

async function expectWorking(page: Page): Promise<void> {
  await page.goto('/settings/users');
  await expect(page.getByRole('row').filter({ hasText: owner().email })).toBeVisible();
}

function rowOf(page: Page, text: string): Locator {
  return page.getByRole('row').filter({ hasText: text });
}

async function choose(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole('button', { name: `More actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

async function close(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
}

/** A tenant of one's own, so that the names stay apart from those of other tests. */
async function createTenant(page: Page, name: string): Promise<string> {
  const answer = await page.request.post('/api/v1/tenants', {
    data: { name, time_zone: 'Europe/Warsaw' },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  const { id }: { id: string } = await answer.json();
  return id;
}

async function deleteTenant(page: Page, name: string): Promise<void> {
  await page.goto('/settings/tenants');
  await choose(page, name, 'Delete…');
  const dialog = page.getByRole('dialog');
  await expectText(dialog, name);
  await dialog.getByLabel(/^Type/).fill(name);
  await dialog.getByRole('button', { name: 'Delete tenant' }).click();
  await expect(dialog).toBeHidden();
}

test.beforeEach(async ({ page }) => {
  await signIn(page, owner());
});

test('what is watched for here would be seen', async ({ page, seen }) => {
  await page.goto('/settings/users');
  await page.evaluate((html) => document.body.insertAdjacentHTML('beforeend', html), hostileText());
  await expect(page.locator('[data-hostile]')).toHaveCount(1);
  await expect.poll(() => seen.join('\n')).toMatch(/an image was loaded/);
  await expect.poll(() => seen.join('\n')).toMatch(/Content Security Policy/);
  seen.length = 0;
});

test("a tenant's name", { tag: '@smoke' }, async ({ page }) => {
  const [name, renamed] = [hostileText(), hostileText()];
  const dialog = page.getByRole('dialog');
  await page.goto('/settings/tenants');
  await page.getByRole('button', { name: 'New tenant' }).click();
  await dialog.getByLabel('Time zone').click();
  await dialog.getByLabel('Time zone').fill(hostileText());
  await expect(page.getByText('Nothing found')).toBeVisible();
  await page.keyboard.press('Escape');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: 'Create tenant' }).click();
  await expect(dialog).toBeHidden();
  await expectText(rowOf(page, name), name);

  await page.getByRole('button', { name: `Edit ${name}` }).click();
  await expectText(dialog.getByRole('heading'), name);
  await dialog.getByLabel('Name').fill(renamed);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expectText(rowOf(page, renamed), renamed);
  await expect(page.getByLabel('Tenant', { exact: true })).toContainText(renamed);
  await page.goto('/settings/groups');
  await expectText(page.getByRole('main'), renamed);
  await page.goto('/settings/users?create=user');
  await expectText(dialog.getByLabel('Tenant'), renamed);
  await close(page);
  await deleteTenant(page, renamed);
  await page.goto('/audit?action=request_tenant_deletion');
  await rowOf(page, renamed).getByRole('link').click();
  await expectText(dialog, renamed);
  await expectWorking(page);
});

test("a group's name", async ({ page }) => {
  const [name, renamed] = [hostileText(), hostileText()];
  const [device] = await listDevices(page, '&limit=1');
  const answer = await page.request.get(`/api/v1/devices/${device?.id}`);
  const { tenant }: { tenant: { id: string } } = await answer.json();
  const dialog = page.getByRole('dialog');
  const groups = `/settings/groups?tenant=${tenant.id}`;
  await page.goto(groups);
  await page.getByRole('button', { name: 'New group' }).click();
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: 'Create group' }).click();
  await expectText(page.getByRole('listitem').filter({ hasText: name }), name);
  await page.getByRole('button', { name: `Add a group inside ${name}` }).click();
  await expectText(dialog.getByLabel('Inside'), name);
  await close(page);
  await choose(page, name, 'Rename…');
  await expectText(dialog.getByRole('heading'), name);
  await dialog.getByLabel('Name').fill(renamed);
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await expectText(page.getByRole('listitem').filter({ hasText: renamed }), renamed);
  await choose(page, renamed, 'Move…');
  await expectText(dialog.getByRole('heading'), renamed);
  await close(page);

  await page.goto(`/devices/${device?.id}`);
  await expectText(page.getByLabel('Group', { exact: true }), renamed);
  await page.goto(`/devices?tenant=${tenant.id}`);
  await page.getByLabel('Group', { exact: true }).selectOption({ label: renamed });
  await expect(page).toHaveURL(/group=/);
  await expectNothingMade(page);
  await page.goto(`/settings/enrollment?tenant=${tenant.id}&create=token`);
  await expectText(dialog.getByLabel('Group'), renamed);
  await close(page);

  await page.goto(groups);
  await choose(page, renamed, 'Delete…');
  await expectText(dialog.getByRole('heading'), renamed);
  await dialog.getByRole('button', { name: 'Delete group' }).click();
  await expect(page.getByText(renamed)).toHaveCount(0);
  await expectWorking(page);
});

test("a person's name, address, password and browser", async ({ page, browser, seen }) => {
  const [name, renamed, password] = [hostileText(), hostileText(), hostileText()];
  const dialog = page.getByRole('dialog');
  await page.goto('/settings/users?create=user');
  await dialog.getByLabel('Name', { exact: true }).fill(name);
  await dialog.getByRole('radio', { name: 'Read-only' }).check();
  const address = dialog.getByLabel('E-mail');
  await address.fill('"><img/data-hostile/src=/x/onerror=alert(1)>@example.test');
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click();
  await expect(address).toHaveAttribute('aria-invalid', 'true');
  await expectNothingMade(page);
  const email = uniqueAddress();
  await address.fill(email);
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click();
  await expectText(dialog.getByRole('heading'), `${name} is invited`);
  const link = (await dialog.getByRole('region', { name: 'Link' }).innerText()).trim();
  await dialog.getByRole('button', { name: 'Done' }).click();

  const context = await browser.newContext({ locale: 'en-GB', userAgent: hostileText() });
  watch(context, seen);
  const guest = await context.newPage();
  await guest.goto(pathOf(link));
  await expectText(guest.getByRole('main'), `Hello ${name}`);
  await guest.getByRole('textbox', { name: 'New password' }).fill(password);
  await guest.getByRole('button', { name: 'Accept the invitation' }).click();
  await expect(guest).toHaveURL(/\/updates/);
  await expectText(guest.getByRole('button', { name: /^Account/ }), name);
  await guest.goto('/settings/profile');
  await expectText(guest.getByRole('region', { name: 'Account' }), name);
  await guest.getByRole('textbox', { name: 'Current password' }).fill(password);
  await guest.getByRole('textbox', { name: 'New password' }).fill(`${password} again`);
  await guest.getByRole('button', { name: 'Change password' }).click();
  await expect(guest.getByText('Changed. Other browsers have been signed out.')).toBeVisible();
  await guest.getByRole('button', { name: 'Set up two-factor authentication' }).click();
  const setup = guest.getByRole('dialog');
  await setup.getByRole('textbox', { name: 'Current password' }).fill(`${password} again`);
  await setup.getByRole('button', { name: 'Continue' }).click();
  await setup.getByLabel('Code from the app').fill('<b>1=1');
  await setup.getByRole('button', { name: 'Turn on' }).click();
  await expect(setup.getByText('The code has six digits.')).toBeVisible();
  await expectNothingMade(guest);

  await page.goto(`/settings/users?search=${encodeURIComponent(email)}`);
  await choose(page, name, 'Sessions…');
  await expectText(dialog.getByRole('heading'), name);
  await dialog.getByText('Unknown program').first().hover();
  await expectText(page.getByRole('tooltip'), '<img data-hostile');
  await close(page);
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  await dialog.getByLabel('Name', { exact: true }).fill(renamed);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expectText(rowOf(page, renamed), renamed);
  for (const item of ['Disable', 'Remove…']) {
    await choose(page, renamed, item);
    await expectText(dialog.getByRole('heading'), renamed);
    await close(page);
  }
  await page.goto('/audit');
  await page.getByLabel('Person').selectOption({ label: renamed });
  // The log keeps the name that the person had then.
  await rowOf(page, 'Password changed').first().getByRole('link').click();
  await expectText(dialog, name);
  await expectWorking(page);
  await context.close();
});

test('names of tokens', async ({ page }) => {
  const dialog = page.getByRole('dialog');
  for (const place of ['/settings/api-tokens', '/settings/enrollment']) {
    const name = hostileText();
    await page.goto(`${place}?create=token`);
    await dialog.getByLabel('Name').fill(name);
    const role = dialog.getByRole('radio', { name: 'Read-only' });
    if (await role.isVisible()) await role.check();
    await dialog.getByRole('button', { name: 'Create token' }).click();
    await expectText(dialog.getByRole('heading'), name);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await expectText(rowOf(page, name), name);
    await page.getByRole('button', { name: `Revoke ${name}` }).click();
    await expectText(dialog.getByRole('heading'), name);
    await dialog.getByRole('button', { name: 'Revoke token' }).click();
    await expect(rowOf(page, name)).toContainText('Revoked');
    await page.goto('/audit');
    await expectText(rowOf(page, name).first(), name);
  }
  await expectWorking(page);
});

test('the settings of single sign-on', async ({ page }) => {
  const tenantName = hostileText();
  const tenant = await createTenant(page, tenantName);
  const [clientId, claim, value] = [hostileText(), hostileText(), hostileText()];
  const settings = `/settings/sign-in?tenant=${tenant}`;
  await page.goto(settings);
  const fill = async () => {
    await page.getByLabel('Client ID').fill(clientId);
    await page.getByRole('textbox', { name: 'Client secret' }).fill(hostileText());
    await page.getByLabel('Claim with the roles').fill(claim);
  };
  await fill();
  await page.getByLabel('Issuer').fill(hostileText());
  await page.getByLabel('E-mail domains').fill(hostileText());
  await page.getByRole('button', { name: 'Add a row' }).click();
  await page.getByRole('textbox', { name: 'Value 1' }).fill(value);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByLabel('Issuer')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('E-mail domains')).toHaveAttribute('aria-invalid', 'true');
  await expectNothingMade(page);
  await page.getByLabel('E-mail domains').fill(`${Date.now().toString(36)}.example.test`);
  await page.getByLabel('Issuer').fill('https://login.example.test');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Client ID')).toHaveValue(clientId);
  await expect(page.getByLabel('Claim with the roles')).toHaveValue(claim);
  await expect(page.getByRole('textbox', { name: 'Value 1' })).toHaveValue(value);
  await expectText(page.getByRole('main'), tenantName);
  await deleteTenant(page, tenantName);
  await expectWorking(page);
});

test('search boxes, and filters in the address', async ({ page }) => {
  const injections = [
    hostileText(),
    "%' OR '1'='1",
    '"; DELETE FROM audit_events; --',
    "\\' OR 1=1",
  ];
  const boxes = {
    '/updates': 'Search by name',
    '/devices': 'Search by name',
    '/settings/users': 'Search users',
    '/audit': 'Search the audit log',
  };
  for (const [place, label] of Object.entries(boxes)) {
    await page.goto(place);
    const box = page.getByRole('searchbox', { name: label });
    await expect(page.getByRole('row').nth(1)).toBeVisible();
    for (const text of injections) {
      await box.fill(text);
      await expect(page).toHaveURL(/search=/);
      await expect(page.getByText('Nothing matches these filters')).toBeVisible();
      await expectNothingMade(page);
      await box.fill('');
      await expect(page).not.toHaveURL(/search=/);
      await expect(page.getByText('Nothing matches these filters')).toHaveCount(0);
    }
    await page.goto(`${place}?search=${encodeURIComponent(injections[0] ?? '')}`);
    await expect(box).toHaveValue(injections[0] ?? '');
    await expect(page.getByText('Nothing matches these filters')).toBeVisible();
    await expectNothingMade(page);
  }
  const text = encodeURIComponent(hostileText());
  for (const name of ['actor', 'target', 'target_kind', 'action', 'since', 'event', 'cursor']) {
    const also = name === 'target_kind' ? '&target=1' : '';
    await page.goto(`/audit?${name}=${text}${also}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
    await expectNothingMade(page);
  }
  const [device] = await listDevices(page, '&limit=1');
  for (const address of [
    `/devices/${text}`,
    `/tasks/${text}`,
    `/devices/${device?.id}?tab=${text}`,
  ]) {
    await page.goto(address);
    await expect(page.getByRole('heading').first()).toBeVisible();
    await expectNothingMade(page);
  }
  await expectWorking(page);
});

test('before signing in', async ({ page, browser, seen }) => {
  const guest = await freshPage(browser, 'en-GB');
  watch(guest.context(), seen);
  const text = encodeURIComponent(hostileText());
  for (const address of [
    `/sign-in?return_to=${text}`,
    `/sign-in?return_to=${encodeURIComponent('javascript:alert(1)')}`,
    `/sign-in/openid?error=${text}&state=${text}`,
    `/sign-in/openid?code=${text}&state=${text}`,
    `/invitation#${text}`,
    `/new-password#${text}`,
    `/${text}`,
  ]) {
    await guest.goto('about:blank');
    await guest.goto(address);
    await expect(guest.getByRole('heading').first()).toBeVisible();
    await expectNothingMade(guest);
  }
  const address = `"><img/data-hostile/onerror=alert(1)>'--${Date.now().toString(36)}@example.test`;
  await guest.goto('/sign-in');
  await guest.getByLabel('E-mail').fill(address);
  await guest.getByRole('textbox', { name: 'Password' }).fill("' OR '1'='1");
  await guest.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(guest.getByRole('alert')).toBeVisible();
  await expectNothingMade(guest);
  // Whoever reads the log of refusals sees what was tried.
  await page.goto('/audit?action=sign_in&result=failed');
  await expect(page.getByRole('row').nth(1)).toContainText('Refused');
  await expectNothingMade(page);
  await invite(page, 'client_view', hostileText());
  await expectWorking(page);
  await guest.context().close();
});
