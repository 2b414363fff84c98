import { expect, test } from '@playwright/test';
import { invite, owner, signIn } from './scene';

test.beforeEach(async ({ page }) => {
  await signIn(page, owner());
});

test('what somebody does is in the log, with everything that proves it', {
  tag: '@smoke',
}, async ({ page }) => {
  const person = await invite(page, 'technician');
  await page.goto('/audit?action=invite_user');
  const row = page.getByRole('row').filter({ hasText: person.email });
  await expect(row).toContainText('User invited');
  await expect(row).toContainText('Succeeded');
  await row.getByRole('link').click();
  await expect(page).toHaveURL(/event=/);
  const details = page.getByRole('dialog');
  await expect(details).toContainText('invite_user');
  await expect(details).toContainText('Technician');
  await expect(details).toContainText('Hash before it');
  await details.getByRole('button', { name: 'Everything on the same target' }).click();
  await expect(page).toHaveURL(/target=/);
  await expect(page.getByText('Only this: User')).toBeVisible();
  await page.getByRole('button', { name: /^Remove the filter/ }).click();
  await expect(page).not.toHaveURL(/target=/);
});

test('refusals are in the log too', async ({ page }) => {
  await page.request.post('/api/v1/session', {
    data: { email: owner().email, password: 'certainly not' },
  });
  await page.goto('/audit?action=sign_in&result=failed');
  await expect(page.getByRole('row').nth(1)).toContainText('Refused');
});

test('the filters are in the address', async ({ page }) => {
  await page.goto('/audit');
  await page.getByLabel('Result').selectOption('failed');
  await expect(page).toHaveURL(/result=failed/);
  await page.getByLabel('From', { exact: true }).fill('2100-01-01');
  await expect(page).toHaveURL(/since=2100-01-01/);
  await expect(page.getByText('Nothing matches these filters')).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(page).toHaveURL(/\/audit$/);
});

test('the log is exported for spreadsheets and for programs', async ({ page }) => {
  await page.goto('/audit');
  for (const [item, ending] of [
    ['CSV, for spreadsheets', 'csv'],
    ['JSON Lines, for programs', 'jsonl'],
  ] as const) {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: item }).click();
    expect((await download).suggestedFilename()).toMatch(new RegExp(`\\.${ending}$`));
  }
});

test('the chain is verified in words', async ({ page }) => {
  await page.goto('/audit');
  await page.getByRole('button', { name: 'Verify the chain' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Verify now' }).click();
  await expect(dialog.getByRole('status')).toContainText('The chain is intact');
  await expect(dialog.getByRole('status')).toContainText(/as (it was|they were) written/);
});
