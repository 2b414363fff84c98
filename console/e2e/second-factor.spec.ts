import { expect, type Page, test } from '@playwright/test';
import {
  acceptInvitation,
  goodPassword,
  invite,
  nextTotpCode,
  owner,
  signIn,
  totpCode,
  words,
} from './scene';

interface Authenticator {
  secret: string;
  recoveryCodes: string[];
}

/** From the profile, or at once where the role owes a second factor. */
async function setUp(page: Page): Promise<Authenticator> {
  await page.goto('/settings/profile');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const offer = page.getByRole('button', { name: 'Set up two-factor authentication' });
  if (await offer.isVisible()) await offer.click();
  const form = page.locator('form').filter({ has: page.getByRole('button', { name: 'Continue' }) });
  await form.getByRole('textbox', { name: 'Current password' }).fill(goodPassword);
  await form.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('img', { name: /^QR code/ })).toBeVisible();
  const secret = await page.getByRole('region', { name: 'Key for the authenticator app' });
  const key = (await secret.innerText()).replaceAll(/\s/g, '');
  await page.getByLabel('Code from the app').fill('12345');
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(page.getByText('The code has six digits.')).toBeVisible();
  await page.getByLabel('Code from the app').fill(totpCode(key));
  await page.getByRole('button', { name: 'Turn on' }).click();
  const codes = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
  await expect(codes).toHaveCount(10);
  const done = page.getByRole('button', { name: 'Continue' });
  await expect(done).toHaveAttribute('aria-disabled', 'true');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  expect((await download).suggestedFilename()).toBe('latarnik-recovery-codes.txt');
  const recoveryCodes = await codes.allInnerTexts();
  await expectSheet(page, recoveryCodes);
  await page.getByLabel('I have kept them in a safe place').check();
  await done.click();
  return { secret: key, recoveryCodes };
}

/** On paper there are the account, the day and the codes, and nothing else. */
async function expectSheet(page: Page, codes: readonly string[]): Promise<void> {
  const sheet = page.locator('[data-print]');
  await expect(sheet).toBeHidden();
  await page.emulateMedia({ media: 'print' });
  const words = (await page.locator('body').innerText()).split(/\s+/).filter(Boolean);
  expect(words).toEqual((await sheet.innerText()).split(/\s+/).filter(Boolean));
  expect(words.join(' ')).toMatch(/^Latarnik recovery codes for \S+@example\.test /);
  for (const code of codes) await expect(sheet).toContainText(code);
  await page.emulateMedia({ media: 'screen' });
}

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
  const { secret, recoveryCodes } = await setUp(guest);
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
  await setUp(guest);
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
