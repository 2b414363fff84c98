import { expect, test } from '@playwright/test';
import { freshPage, owner, signIn, words } from './scene';

test('a wrong password is refused in words, with the code', { tag: '@smoke' }, async ({ page }) => {
  await page.goto('/');
  await page.getByLabel(words.en.email).fill(owner().email);
  await page.getByRole('textbox', { name: words.en.password }).fill('certainly not');
  await page.getByRole('button', { name: words.en.signIn, exact: true }).click();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('The e-mail or the password is wrong.');
  await expect(alert).toContainText('invalid_credentials');
});

test('the right password leads to the updates', { tag: '@smoke' }, async ({ page }) => {
  await page.goto('/');
  await page.getByLabel(words.en.email).fill(owner().email);
  await page.getByRole('textbox', { name: words.en.password }).fill(owner().password);
  await page.getByRole('button', { name: words.en.signIn, exact: true }).click();
  await expect(page).toHaveURL(/\/updates/);
  await expect(page.getByRole('banner')).toBeVisible();
});

test('empty fields are named before anything is sent', async ({ page }) => {
  await page.goto('/sign-in');
  await page.getByRole('button', { name: words.en.signIn, exact: true }).click();
  await expect(page.getByText('Enter your e-mail address.')).toBeVisible();
  await expect(page.getByText('Enter your password.')).toBeVisible();
});

test("before sign-in the browser's language decides", async ({ browser }) => {
  const page = await freshPage(browser, 'pl-PL');
  await page.goto('/');
  await expect(page.getByRole('button', { name: words.pl.signIn, exact: true })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'pl');
  await page.context().close();
});

test('a page that needs a session leads to sign-in and back', async ({ page }) => {
  await page.goto('/tasks?state=failed');
  await page.getByLabel(words.en.email).fill(owner().email);
  await page.getByRole('textbox', { name: words.en.password }).fill(owner().password);
  await page.getByRole('button', { name: words.en.signIn, exact: true }).click();
  await expect(page).toHaveURL(/\/tasks\?state=failed/);
});

test('a session that ends elsewhere leads to sign-in', async ({ page }) => {
  await signIn(page, owner());
  await page.goto('/updates');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.request.delete('/api/v1/session');
  // Whatever asks the server next finds out: this click, or a request that is quicker than it and
  // takes the link away.
  const link = page.getByRole('link', { name: words.en.tasks });
  await link.click({ timeout: 5_000 }).catch(() => undefined);
  await expect(page.getByRole('button', { name: words.en.signIn, exact: true })).toBeVisible();
});

test('signing out ends the session', async ({ page }) => {
  await signIn(page, owner());
  await page.goto('/updates');
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: words.en.signIn, exact: true })).toBeVisible();
  expect((await page.request.get('/api/v1/session')).status()).toBe(401);
});

test('a server that asks to wait is obeyed, and the time left is shown', async ({ page }) => {
  let asked = 0;
  await page.route('**/api/v1/session', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    asked += 1;
    return route.fulfill({
      status: 429,
      headers: { 'retry-after': '3', 'content-type': 'application/problem+json' },
      json: { status: 429, code: 'too_many_attempts', request_id: 'r1', field_errors: [] },
    });
  });
  await page.goto('/sign-in');
  await page.getByLabel(words.en.email).fill(owner().email);
  const password = page.getByRole('textbox', { name: words.en.password });
  await password.fill('certainly not');
  await password.press('Enter');
  await expect(page.getByRole('alert')).toContainText('Too many attempts.');
  await expect(page.getByRole('button', { name: /^Try again in \d s$/ })).toBeVisible();
  await password.press('Enter');
  expect(asked).toBe(1);
  await expect(page.getByRole('button', { name: words.en.signIn, exact: true })).toBeVisible();
});

test('the way through the organisation is offered only where one is set up', async ({ page }) => {
  const offer = page.getByRole('button', { name: 'Sign in with your organisation' });
  for (const openid of [false, true]) {
    await page.route('**/api/v1/sign-in-options', (route) =>
      route.fulfill({ json: { password_reset_by_mail: false, openid } }),
    );
    await page.goto('/sign-in');
    await expect(page.getByRole('link', { name: 'Forgot your password?' })).toBeVisible();
    await expect(offer).toHaveCount(openid ? 1 : 0);
  }
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await expect(page.getByText('Ask an owner or administrator')).toBeVisible();
});
