import { expect, type Page } from '@playwright/test';
import { totpCode } from './scene';

export interface Authenticator {
  secret: string;
  recoveryCodes: string[];
}

/** From the profile, or at once where the role owes a second factor. */
export async function setUp(page: Page, password: string): Promise<Authenticator> {
  await page.goto('/settings/profile');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const offer = page.getByRole('button', { name: 'Set up two-factor authentication' });
  if (await offer.isVisible()) await offer.click();
  const form = page.locator('form').filter({ has: page.getByRole('button', { name: 'Continue' }) });
  await form.getByRole('textbox', { name: 'Current password' }).fill(password);
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
