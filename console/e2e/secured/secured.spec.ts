import { expect, type Page, test } from '@playwright/test';
import { setUp } from '../authenticator';
import { freshPage, goodPassword, owner, pathOf, unique, uniqueAddress, words } from '../scene';
import { linkIn, MailServer } from './mail-server';
import { type Account, client, SignInService, signInAtService } from './sign-in-service';

// One owner, whose second factor the first test sets up, goes through all of it.
test.describe.configure({ mode: 'serial' });

let administrator: Page;
let mail: MailServer;

test.beforeAll(async ({ browser }) => {
  administrator = await freshPage(browser, 'en-GB');
  mail = await MailServer.start();
});

test.afterAll(async () => {
  await mail.stop();
  await administrator.context().close();
});

test('an owner sets up a second factor before anything else', async () => {
  await administrator.goto('/');
  await enterPassword(administrator, owner().email, owner().password);
  const gate = administrator.getByRole('heading', { name: 'Set up two-factor authentication' });
  await expect(gate).toBeVisible();
  const refused = await administrator.request.get('/api/v1/devices');
  expect(refused.status()).toBe(403);
  expect(await refused.json()).toMatchObject({ code: 'totp_setup_required' });
  await setUp(administrator, owner().password);
  await administrator.goto('/updates');
  await expect(administrator.getByRole('heading', { name: 'Updates', level: 1 })).toBeVisible();
  expect((await administrator.request.get('/api/v1/devices')).status()).toBe(200);
});

test('the cookie of a session goes over TLS to this host alone, and no script reads it', async () => {
  const cookies = await administrator.context().cookies();
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatchObject({
    name: '__Host-latarnik_session',
    domain: '127.0.0.1',
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'Strict',
  });
});

test('who is invited gets a mail in their language, and its link leads in', async ({ browser }) => {
  const { name, email } = await inviteTechnician();
  await expect(administrator.getByRole('dialog')).toContainText(`The link was sent to ${email}.`);
  const invitation = await mail.mailTo(email);
  expect(invitation.from?.address).toBe('latarnik@example.test');
  expect(invitation.to?.[0]?.name).toBe(name);
  expect(invitation.subject).toMatch(/^Dostęp do systemu Latarnik, /);
  expect(invitation.text).toContain(`Dzień dobry ${name},`);
  const guest = await freshPage(browser, 'pl-PL');
  await guest.goto(linkIn(invitation));
  await expect(guest.getByText(`Dzień dobry, ${name}.`)).toBeVisible();
  await guest.getByRole('textbox', { name: 'Nowe hasło' }).fill(goodPassword);
  await guest.getByRole('button', { name: 'Przyjmij zaproszenie' }).click();
  await expect(guest.getByRole('heading', { name: 'Aktualizacje', level: 1 })).toBeVisible();

  await guest.context().clearCookies();
  await guest.goto('/forgotten-password');
  await guest.getByLabel(words.pl.email).fill(email);
  await guest.getByRole('button', { name: 'Wyślij link' }).click();
  await expect(guest.getByRole('status')).toContainText(`Jeśli adres ${email} ma tu konto`);
  const reset = await mail.mailTo(email);
  expect(reset.subject).toBe('Nowe hasło do systemu Latarnik');
  await guest.goto(linkIn(reset));
  await guest.getByRole('textbox', { name: 'Nowe hasło' }).fill(`${goodPassword} inaczej`);
  await guest.getByRole('button', { name: 'Zapisz hasło' }).click();
  await guest.getByRole('link', { name: words.pl.signIn }).click();
  await enterPassword(guest, email, `${goodPassword} inaczej`, 'pl');
  await expect(guest.getByRole('heading', { name: 'Aktualizacje', level: 1 })).toBeVisible();
  await guest.context().close();
});

test('who asks for a new password learns nothing about who has an account', async ({ page }) => {
  const answers = [];
  for (const address of [uniqueAddress(), owner().email]) {
    await page.goto('/forgotten-password');
    await page.getByLabel(words.en.email).fill(address);
    await page.getByRole('button', { name: 'Send the link' }).click();
    const answer = await page.getByRole('status').innerText();
    answers.push(answer.replace(address, 'somebody'));
  }
  expect(answers[1]).toBe(answers[0]);
  await mail.mailTo(owner().email);
  // It would have come first.
  expect(mail.mails).toHaveLength(0);
});

test('a mail that is not taken leaves the link on the screen', async ({ browser }) => {
  mail.full = true;
  const refused = await inviteTechnician();
  await expectLinkByHand(refused.email);
  mail.full = false;
  await mail.stop();
  const { name, email } = await inviteTechnician();
  const link = await expectLinkByHand(email);
  mail = await MailServer.start();
  const guest = await freshPage(browser, 'pl-PL');
  await guest.goto(pathOf(link));
  await expect(guest.getByText(`Dzień dobry, ${name}.`)).toBeVisible();
  await guest.context().close();
});

test('people sign in through their organisation, and only those whom it maps', async ({
  browser,
}) => {
  const people: Account[] = [
    { email: 'anna@works.test', name: 'Anna', groups: ['staff', 'it'], verified: true },
    { email: 'bert@works.test', name: 'Bert', groups: ['staff'], verified: true },
    { email: 'cora@works.test', name: 'Cora', groups: ['it'], verified: false },
  ];
  await administrator.goto('/settings/sign-in');
  const address = administrator.getByRole('region', { name: 'Redirect URL' });
  const service = await SignInService.start((await address.innerText()).trim(), people);
  await administrator.getByLabel('Issuer').fill(`${service.issuer}/elsewhere`);
  await administrator.getByRole('button', { name: 'Test connection' }).click();
  await expect(
    administrator.getByText('The sign-in service does not answer as expected'),
  ).toBeVisible();
  await administrator.getByLabel('Issuer').fill(service.issuer);
  await administrator.getByRole('button', { name: 'Test connection' }).click();
  await expect(administrator.getByText('The service answers')).toBeVisible();
  await administrator.getByLabel('Client ID').fill(client.id);
  await administrator.getByLabel('Client secret').fill(client.secret);
  await administrator.getByLabel('E-mail domains').fill('works.test');
  await administrator.getByLabel('Claim with the roles').fill('groups');
  await administrator.getByRole('button', { name: 'Add a row' }).click();
  await administrator.getByLabel('Value 1', { exact: true }).fill('it');
  await administrator.getByLabel('Role for value 1').selectOption('Technician');
  await administrator.getByRole('checkbox', { name: 'Allow this sign-in' }).check();
  await administrator.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(administrator.getByText('Saved', { exact: true })).toBeVisible();

  const anna = await throughOrganisation(await freshPage(browser, 'en-GB'), 'anna@works.test');
  await expect(anna.getByRole('heading', { name: 'Updates', level: 1 })).toBeVisible();
  const session = await anna.request.get('/api/v1/session');
  expect(await session.json()).toMatchObject({ user: { name: 'Anna', role: 'technician' } });
  await anna.context().close();
  for (const email of ['bert@works.test', 'cora@works.test']) {
    const other = await throughOrganisation(await freshPage(browser, 'en-GB'), email);
    await expect(other.getByRole('alert')).toContainText('gives you no role here');
    expect((await other.request.get('/api/v1/session')).status()).toBe(401);
    await other.context().close();
  }
  await administrator.goto('/audit?action=sign_in');
  const row = administrator.getByRole('row').filter({ hasText: 'anna@works.test' });
  await expect(row.first()).toContainText('Succeeded');
  await service.stop();
});

async function enterPassword(
  page: Page,
  email: string,
  password: string,
  language: 'en' | 'pl' = 'en',
): Promise<void> {
  await page.getByLabel(words[language].email).fill(email);
  await page.getByRole('textbox', { name: words[language].password }).fill(password);
  await page.getByRole('button', { name: words[language].signIn, exact: true }).click();
}

/** In the console, with the mail in Polish. */
async function inviteTechnician(): Promise<{ name: string; email: string }> {
  const name = unique('Zażółć');
  const email = uniqueAddress();
  await administrator.goto('/settings/users');
  await administrator.getByRole('button', { name: 'Invite user' }).click();
  const dialog = administrator.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill(name);
  await dialog.getByLabel('E-mail').fill(email);
  await dialog.getByRole('radio', { name: 'Technician' }).check();
  await dialog.getByLabel('Language').selectOption('pl');
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click();
  await expect(dialog.getByRole('button', { name: 'Done' })).toBeVisible();
  return { name, email };
}

async function expectLinkByHand(email: string): Promise<string> {
  const dialog = administrator.getByRole('dialog');
  await expect(dialog).toContainText(`The mail to ${email} could not be sent.`);
  return (await dialog.getByRole('region', { name: 'Link' }).innerText()).trim();
}

async function throughOrganisation(page: Page, email: string): Promise<Page> {
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign in with your organisation' }).click();
  await page.getByLabel(words.en.email).fill(email);
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await signInAtService(page, email);
  return page;
}
