import { expect, test } from '@playwright/test';
import { owner, signIn, unique } from './scene';

test('a token is shown once, works, and stops working when it is revoked', {
  tag: '@smoke',
}, async ({ page, playwright, baseURL }) => {
  await signIn(page, owner());
  const name = unique('Program');
  await page.goto('/settings/api-tokens');
  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Create token' }).click();
  await expect(dialog).toContainText('Give the token a name.');
  await expect(dialog).toContainText('Choose a role.');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('radio', { name: 'Read-only' }).check();
  await dialog.getByLabel('Valid for').selectOption('7');
  await dialog.getByRole('button', { name: 'Create token' }).click();
  await expect(dialog).toContainText('shown this once only');
  await expect(dialog.getByRole('region', { name: 'Example request' })).toContainText('curl');
  const token = (await dialog.getByRole('region', { name: 'Token' }).innerText()).trim();
  await dialog.getByRole('button', { name: 'Done' }).click();

  const program = await playwright.request.newContext({
    baseURL,
    extraHTTPHeaders: { authorization: `Bearer ${token}` },
  });
  expect((await program.get('/api/v1/devices')).status()).toBe(200);
  const row = page.getByRole('row').filter({ hasText: name });
  await page.reload();
  await expect(row).toContainText('Active');
  expect(await page.content()).not.toContain(token);
  await row.getByRole('button', { name: `Revoke ${name}` }).click();
  await dialog.getByRole('button', { name: 'Revoke token' }).click();
  await expect(row).toContainText('Revoked');
  expect((await program.get('/api/v1/devices')).status()).toBe(401);
  await program.dispose();
});
