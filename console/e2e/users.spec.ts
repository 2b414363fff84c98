import { expect, test } from '@playwright/test';
import {
  acceptInvitation,
  freshPage,
  goodPassword,
  invite,
  owner,
  pathOf,
  signIn,
  unique,
  uniqueAddress,
  viewer,
  words,
} from './scene';

test.beforeEach(async ({ page }) => {
  await signIn(page, owner());
});

test('an invited person chooses a password and is in', { tag: '@smoke' }, async ({
  page,
  browser,
}) => {
  const name = unique('Guest');
  await page.goto('/settings/users');
  await page.getByRole('button', { name: 'Invite user' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click();
  await expect(dialog).toContainText('Enter the name.');
  await expect(dialog).toContainText('Enter the e-mail address.');
  await expect(dialog).toContainText('Choose a role.');
  await dialog.getByLabel('Name', { exact: true }).fill(name);
  await dialog.getByLabel('E-mail').fill(uniqueAddress());
  await dialog.getByRole('radio', { name: 'Technician' }).check();
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click();
  await expect(dialog).toContainText(`${name} is invited`);
  const link = await dialog.getByRole('region', { name: 'Link' }).innerText();
  await dialog.getByRole('button', { name: 'Done' }).click();
  const row = page.getByRole('row').filter({ hasText: name });
  await expect(row).toContainText('Invited');

  const guest = await freshPage(browser, 'en-GB');
  await guest.goto(pathOf(link.trim()));
  await expect(guest.getByText(`Hello ${name}`)).toBeVisible();
  await expect(guest).toHaveURL(/\/invitation$/);
  const password = guest.getByRole('textbox', { name: 'New password' });
  await password.fill('too short');
  await guest.getByRole('button', { name: 'Accept the invitation' }).click();
  await expect(guest.getByText('Use at least 12 characters.')).toBeVisible();
  await password.fill(goodPassword);
  await guest.getByRole('button', { name: 'Accept the invitation' }).click();
  await expect(guest).toHaveURL(/\/updates/);
  await guest.context().close();

  await signIn(page, owner());
  await page.reload();
  await expect(row).toContainText('Active');
});

test('a link works once', async ({ page, browser }) => {
  const { link } = await invite(page, 'technician');
  const guest = await acceptInvitation(browser, link);
  await guest.goto('about:blank');
  await guest.goto(pathOf(link));
  await expect(guest.getByRole('alert')).toContainText('This link does not work');
  await expect(guest.getByText('ask the person who invited you')).toBeVisible();
  await guest.context().close();
});

test('a person is changed, disabled, enabled and removed', async ({ page, browser }) => {
  const person = await invite(page, 'technician');
  await (await acceptInvitation(browser, person.link)).context().close();
  await signIn(page, owner());
  const renamed = unique('Renamed');
  await page.goto(`/settings/users?search=${encodeURIComponent(person.email)}`);
  const row = page.getByRole('row').filter({ hasText: person.email });
  await row.getByRole('button', { name: `Edit ${person.name}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill(renamed);
  await dialog.getByRole('radio', { name: 'Read-only' }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText(renamed);
  await expect(row).toContainText('Read-only');

  const choose = async (item: string) => {
    await row.getByRole('button', { name: `More actions for ${renamed}` }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await choose('Disable');
  await dialog.getByRole('button', { name: 'Disable' }).click();
  await expect(row).toContainText('Disabled');
  await choose('Enable');
  await dialog.getByRole('button', { name: 'Enable' }).click();
  await expect(row).toContainText('Active');
  await choose('Remove…');
  await dialog.getByRole('button', { name: 'Remove user' }).click();
  await expect(row).toHaveCount(0);
});

test('a forgotten password is replaced by a link', async ({ page, browser }) => {
  const person = await invite(page, 'technician');
  await (await acceptInvitation(browser, person.link)).context().close();
  await signIn(page, owner());
  await page.goto(`/settings/users?search=${encodeURIComponent(person.email)}`);
  await page.getByRole('button', { name: `More actions for ${person.name}` }).click();
  await page.getByRole('menuitem', { name: 'Link for a new password…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Make the link' }).click();
  const link = await dialog.getByRole('region', { name: 'Link' }).innerText();

  const guest = await freshPage(browser, 'en-GB');
  await guest.goto(pathOf(link.trim()));
  await guest.getByRole('textbox', { name: 'New password' }).fill(`${goodPassword} again`);
  await guest.getByRole('button', { name: 'Save the password' }).click();
  await guest.getByRole('link', { name: words.en.signIn }).click();
  await guest.getByLabel(words.en.email).fill(person.email);
  await guest.getByRole('textbox', { name: words.en.password }).fill(`${goodPassword} again`);
  await guest.getByRole('button', { name: words.en.signIn, exact: true }).click();
  await expect(guest).toHaveURL(/\/updates/);
  await guest.context().close();
});

test('where somebody is signed in is shown, and ended everywhere', async ({ page, browser }) => {
  const person = await invite(page, 'technician');
  const guest = await acceptInvitation(browser, person.link);
  await signIn(page, owner());
  await page.goto(`/settings/users?search=${encodeURIComponent(person.email)}`);
  await page.getByRole('button', { name: `More actions for ${person.name}` }).click();
  await page.getByRole('menuitem', { name: 'Sessions…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('listitem').first()).toContainText(/Chrome|Firefox/);
  await dialog.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(dialog).toContainText('Not signed in anywhere.');
  await guest.context().close();
});

test('nobody changes their own account here, and the page says why', async ({ page }) => {
  await page.goto(`/settings/users?search=${encodeURIComponent(owner().email)}`);
  const row = page.getByRole('row').filter({ hasText: owner().email });
  const edit = row.getByRole('button', { name: /^Edit / });
  await expect(edit).toHaveAttribute('aria-disabled', 'true');
  await expect(edit).toHaveAttribute('aria-description', /your own account/);
});

test('who may only look sees no settings of others', { tag: '@smoke' }, async ({ page }) => {
  await signIn(page, viewer());
  await page.goto('/updates');
  for (const name of ['Users', 'Tenants', 'Groups', 'API tokens', 'Single sign-on', 'Audit']) {
    await expect(page.getByRole('link', { name, exact: true })).toHaveCount(0);
  }
  for (const place of ['/settings/users', '/settings/groups', '/audit', '/settings/sign-in']) {
    await page.goto(place);
    await expect(page.getByRole('alert')).toContainText('You may not see this');
  }
});
