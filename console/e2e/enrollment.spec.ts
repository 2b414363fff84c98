import { expect, test } from '@playwright/test';
import { owner, signIn } from './scene';

test.beforeEach(async ({ page }) => {
  await signIn(page, owner());
});

test('a token is shown once, with its command, and can be revoked', {
  tag: '@smoke',
}, async ({ page }) => {
  const name = `Console test ${Date.now()}`;
  await page.goto('/settings/enrollment');
  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Create token' }).click();
  await expect(dialog).toContainText('Give the token a name.');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Number of devices').fill('3');
  await dialog.getByRole('button', { name: 'Create token' }).click();

  await expect(dialog).toContainText('the token is shown this once only');
  const command = dialog.getByRole('region', { name: /^Install command for/ });
  await expect(command).toContainText('install');
  await expect(dialog.getByRole('status')).toContainText('Waiting for the first agent…');
  const text = await command.innerText();
  await dialog.getByRole('button', { name: 'Done' }).click();

  const row = page.getByRole('row').filter({ hasText: name });
  await expect(row).toContainText('0 of 3');
  await expect(row).toContainText('Active');
  await page.reload();
  await expect(row).toBeVisible();
  expect(await page.content()).not.toContain(text.trim().split(/\s+/).at(-1));

  await row.getByRole('button', { name: `Revoke ${name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke token' }).click();
  await expect(row).toContainText('Revoked');
});
