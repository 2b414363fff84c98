import { expect, type Page, test } from '@playwright/test';
import { type Language, owner, signIn } from './scene';

const words = {
  en: { question: 'Discard the changes?', stay: 'Keep editing', leave: 'Discard the changes' },
  pl: { question: 'Odrzucić zmiany?', stay: 'Wróć do edycji', leave: 'Odrzuć zmiany' },
} as const satisfies Record<Language, unknown>;

async function openForm(page: Page) {
  await page
    .getByRole('main')
    .getByRole('button', { name: /^(Invite user|Zaproś)/ })
    .click();
  const form = page.getByRole('dialog', { name: /^(Invite a user|Zaproszenie)/ });
  const name = form.getByRole('textbox').first();
  await expect(name).toBeFocused();
  return { form, name };
}

for (const language of ['en', 'pl'] as const) {
  const { question, stay, leave } = words[language];

  test(`a dialogue asks before it loses what was typed, ${language}`, async ({ page }) => {
    await signIn(page, owner(), { language, color_scheme: 'light' });
    const asked = page.getByRole('dialog', { name: question });
    await page.goto('/updates');
    await page.getByRole('link', { name: /^(Users|Użytkownicy)$/ }).click();
    const { form, name } = await openForm(page);
    await page.keyboard.press('Escape');
    await expect(form).toHaveCount(0);
    await expect(page).not.toHaveURL(/create=/);

    await openForm(page);
    await name.fill('Anna');
    await page.keyboard.press('Escape');
    await expect(asked.getByRole('button', { name: stay })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(asked).toHaveCount(0);
    await expect(name).toHaveValue('Anna');
    await expect(name).toBeFocused();
    // Beside the dialogue.
    await page.mouse.click(5, 300);
    await asked.getByRole('button', { name: stay }).click();
    await page.goBack();
    await asked.getByRole('button', { name: stay }).click();
    await expect(page).toHaveURL(/create=user/);
    await form.getByRole('button', { name: /^(Cancel|Anuluj)$/ }).click();
    await asked.getByRole('button', { name: leave }).click();
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(page).not.toHaveURL(/create=/);
  });
}

test('a dialogue gives the focus back, also to the menu that it came from', async ({ page }) => {
  await signIn(page, owner());
  await page.goto('/settings/tenants');
  const more = page.getByRole('button', { name: /^More actions/ }).first();
  await page
    .getByRole('button', { name: /^Edit / })
    .first()
    .click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: /^Edit / }).first()).toBeFocused();
  await page.goto(`/settings/users?search=technician`);
  await more.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Sessions…' }).press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(more).toBeFocused();
});

test('the browser asks before the tab is closed, and signing out asks too', async ({ page }) => {
  await signIn(page, owner());
  await page.goto('/settings/sign-in');
  const heldBack: string[] = [];
  page.on('dialog', (dialog) => {
    heldBack.push(dialog.type());
    void dialog.dismiss();
  });
  await page.getByLabel('Client ID').fill('latarnik');
  await page.close({ runBeforeUnload: true });
  await expect.poll(() => heldBack).toEqual(['beforeunload']);
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  const asked = page.getByRole('dialog', { name: words.en.question });
  await asked.getByRole('button', { name: words.en.stay }).click();
  await expect(page.getByLabel('Client ID')).toHaveValue('latarnik');
  await page.getByLabel('Client ID').fill('');
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in/);
});
