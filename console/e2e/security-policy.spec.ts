import { expect, test } from '@playwright/test';
import { owner, signIn } from './scene';

test('the browser refuses nothing of the console', { tag: '@smoke' }, async ({ page }) => {
  const refused: string[] = [];
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) refused.push(message.text());
  });
  const answer = await page.goto('/sign-in');
  expect(answer?.headers()['content-security-policy']).not.toContain('unsafe-inline');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await signIn(page, owner());
  for (const place of ['/updates', '/settings/profile', '/settings/users?create=user', '/audit']) {
    await page.goto(place);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  }
  // A dialogue holds back the page behind it with a style of its own.
  await page.getByRole('button', { name: 'Verify the chain' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expect(page.locator('body')).toHaveCSS('overflow', 'hidden');
  expect(refused).toEqual([]);
});
