import { expect, type Page, test } from '@playwright/test';
import { owner, signIn, unique } from './scene';

test.beforeEach(async ({ page }) => {
  await signIn(page, owner());
});

async function createTenant(page: Page): Promise<string> {
  const name = unique('Client');
  await page.goto('/settings/tenants');
  await page.getByRole('button', { name: 'New tenant' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Create tenant' }).click();
  await expect(dialog).toContainText('Enter a name.');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: 'Create tenant' }).click();
  await expect(dialog).toBeHidden();
  return name;
}

test('a tenant is created, changed and deleted', { tag: '@smoke' }, async ({ page }) => {
  const name = await createTenant(page);
  const row = page.getByRole('row').filter({ hasText: name });
  await expect(row).toContainText('Active');
  await expect(page.getByLabel('Tenant', { exact: true })).toContainText(name);
  await row.getByRole('button', { name: `Edit ${name}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Time zone').click();
  await dialog.getByLabel('Time zone').pressSequentially('New York');
  await page.getByRole('option', { name: 'America/New York' }).click();
  await dialog.getByRole('radio', { name: 'For a limited time' }).check();
  await dialog.getByLabel('Days').fill('3');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toContainText('Enter 7 to 3,660 days.');
  await dialog.getByLabel('Days').fill('365');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('America/New York');
  await expect(row).toContainText('365 days');

  await row.getByRole('button', { name: /^More actions/ }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await dialog.getByLabel(/^Type/).fill(`${name}!`);
  await dialog.getByRole('button', { name: 'Delete tenant' }).click();
  await expect(dialog).toContainText('This is not the exact name.');
  await dialog.getByLabel(/^Type/).fill(name);
  await dialog.getByRole('button', { name: 'Delete tenant' }).click();
  await expect(dialog).toBeHidden();
  await expect(row).toHaveCount(0, { timeout: 60_000 });
});

test('the provider itself stays, and the menu says so', async ({ page }) => {
  await page.goto('/settings/tenants');
  const row = page.getByRole('row').filter({ hasText: 'Provider' });
  await row.getByRole('button', { name: /^More actions/ }).click();
  const item = page.getByRole('menuitem', { name: 'Delete…' });
  await expect(item).toHaveAttribute('aria-disabled', 'true');
  await expect(item).toHaveAttribute('aria-description', /provider itself/);
});

test('single sign-on is checked before it is saved', async ({ page }) => {
  await page.goto('/settings/sign-in');
  await expect(page.getByRole('region', { name: 'Redirect URL' })).toContainText('/sign-in/openid');
  const issuer = page.getByLabel('Issuer');
  await issuer.fill('login.example.test');
  await page.getByLabel('E-mail domains').fill('example');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Enter an address that begins with https://.')).toBeVisible();
  await expect(page.getByText('Enter the client ID.')).toBeVisible();
  await expect(page.getByText('One of these is not a domain')).toBeVisible();
  await expect(issuer).toBeFocused();
});

test('changes that are not saved are not lost unasked', async ({ page }) => {
  await page.goto('/settings/sign-in');
  await page.getByLabel('Client ID').fill('latarnik');
  await page.getByRole('link', { name: 'Profile' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Your changes have not been saved');
  await dialog.getByRole('button', { name: 'Keep editing' }).click();
  await expect(page).toHaveURL(/\/settings\/sign-in/);
  await page.getByRole('link', { name: 'Profile' }).click();
  await dialog.getByRole('button', { name: 'Discard the changes' }).click();
  await expect(page).toHaveURL(/\/settings\/profile/);
});
