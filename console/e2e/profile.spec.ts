import { expect, test } from '@playwright/test';
import { owner, signIn, words } from './scene';

test.beforeEach(async ({ page }) => {
  await signIn(page, owner());
});

test.afterEach(async ({ page }) => {
  await signIn(page, owner());
});

test('the language is switched in the header and kept', { tag: '@smoke' }, async ({ page }) => {
  await page.goto('/updates');
  await page.getByRole('button', { name: 'Language' }).click();
  await page.getByRole('menuitemradio', { name: 'Polski' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.pl.updates);
  await expect(page.locator('html')).toHaveAttribute('lang', 'pl');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.pl.updates);
  await page.getByRole('button', { name: 'Język' }).click();
  await page.getByRole('menuitemradio', { name: 'English' }).click();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.en.updates);
});

test('dark is switched in the header and kept', async ({ page }) => {
  await page.goto('/updates');
  await page.getByRole('button', { name: 'Appearance' }).click();
  await page.getByRole('menuitemradio', { name: 'Dark' }).click();
  const html = page.locator('html');
  await expect(html).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await page.reload();
  await expect(html).toHaveAttribute('data-mantine-color-scheme', 'dark');
});

test('the profile page changes both', async ({ page }) => {
  await page.goto('/settings/profile');
  await page.getByLabel('Language', { exact: true }).last().selectOption('pl');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.pl.profile);
  await page.getByText('Ciemny', { exact: true }).click();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
});
