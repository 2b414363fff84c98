import { expect, type Page, test } from '@playwright/test';
import { setUp } from './authenticator';
import {
  acceptInvitation,
  goodPassword,
  invite,
  nextTotpCode,
  owner,
  signIn,
  words,
} from './scene';

async function enterPassword(page: Page, email: string): Promise<void> {
  await page.context().clearCookies();
  await page.goto('/sign-in');
  await page.getByLabel(words.en.email).fill(email);
  await page.getByRole('textbox', { name: words.en.password }).fill(goodPassword);
  await page.getByRole('button', { name: words.en.signIn, exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Second step' })).toBeVisible();
}

test('a second factor is set up, and signing in asks for it', { tag: '@smoke' }, async ({
  page,
  browser,
}) => {
  await signIn(page, owner());
  const person = await invite(page, 'technician');
  const guest = await acceptInvitation(browser, person.link);
  const { secret, recoveryCodes } = await setUp(guest, goodPassword);
  await guest.goto('/settings/profile');
  await expect(guest.getByText('10 recovery codes left')).toBeVisible();

  await enterPassword(guest, person.email);
  await guest.getByLabel('Code from the app').fill('000000');
  await guest.getByRole('button', { name: words.en.signIn, exact: true }).click();
  await expect(guest.getByText('The code is wrong')).toBeVisible();
  await guest.getByLabel('Code from the app').fill(nextTotpCode(secret));
  await guest.getByRole('button', { name: words.en.signIn, exact: true }).click();
  await expect(guest).toHaveURL(/\/updates/);

  await enterPassword(guest, person.email);
  await guest.getByRole('button', { name: 'Use a recovery code instead' }).click();
  await guest.getByLabel('Recovery code').fill(recoveryCodes[0] ?? '');
  await guest.getByRole('button', { name: words.en.signIn, exact: true }).click();
  await expect(guest).toHaveURL(/\/updates/);
  await guest.goto('/settings/profile');
  await expect(guest.getByText('9 recovery codes left')).toBeVisible();
  await guest.context().close();
});

test('who has lost the phone is helped by an administrator', async ({ page, browser }) => {
  await signIn(page, owner());
  const person = await invite(page, 'technician');
  const guest = await acceptInvitation(browser, person.link);
  await setUp(guest, goodPassword);
  await guest.context().close();
  await signIn(page, owner());
  await page.goto(`/settings/users?search=${encodeURIComponent(person.email)}`);
  const row = page.getByRole('row').filter({ hasText: person.email });
  await expect(row).toContainText('On');
  await row.getByRole('button', { name: /^More actions/ }).click();
  await page.getByRole('menuitem', { name: 'Reset second factor' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Reset second factor' }).click();
  await expect(row).toContainText('Off');
});

test('the profile lists where one is signed in, and marks this browser', async ({ page }) => {
  await signIn(page, owner());
  await page.goto('/settings/profile');
  const sessions = page.getByRole('list', { name: 'Where you are signed in' });
  await expect(sessions.getByText('This browser')).toHaveCount(1);
});

test('a wrong current password is refused at its field', async ({ page, browser }) => {
  await signIn(page, owner());
  const guest = await acceptInvitation(browser, (await invite(page, 'client_view')).link);
  await guest.goto('/settings/profile');
  await guest.getByRole('textbox', { name: 'Current password' }).fill('certainly not');
  await guest.getByRole('textbox', { name: 'New password' }).fill(`${goodPassword} anew`);
  await guest.getByRole('button', { name: 'Change password' }).click();
  await expect(guest.getByText('This is not right.')).toBeVisible();
  await guest.getByRole('textbox', { name: 'Current password' }).fill(goodPassword);
  await guest.getByRole('button', { name: 'Change password' }).click();
  await expect(guest.getByText('Changed. Other browsers have been signed out.')).toBeVisible();
  await guest.context().close();
});
