import { expect, type Page, test } from '@playwright/test';
import {
  type DeviceFacts,
  type Language,
  listDevices,
  owner,
  signIn,
  titleIn,
  unique,
  viewer,
} from './scene';

interface Place {
  id: string;
  name: string;
}

interface OfferedUpdate {
  id: string;
  key: string;
  title: string;
  titles: Record<string, string>;
  kb?: string | null;
  package?: string | null;
  category: string;
  standing: { state: string };
}

/** The words that this story reads, in both languages. */
const words = {
  en: {
    title: 'Update policies',
    newTitle: 'New update policy',
    create: 'New policy',
    save: 'Create policy',
    days: (category: string) => `Deferral in days: ${category}`,
    install: (category: string) => `How to install: ${category}`,
    automatic: 'Automatic',
    preview: 'What it would do',
    previewOf: /On \d+ devices?: \d+ updates? would be installed in the next maintenance window/,
    allDevices: 'All devices',
    everything: 'everything in the next window',
    nextWindow: 'Automatic: next window',
    more: (title: string) => `More actions for ${title}`,
    block: 'Block…',
    blockSubmit: 'Block',
    blocked: 'Blocked (this device)',
    decided: 'Approvals and blocks',
    note: 'Note (optional)',
    withdraw: 'Withdraw',
    withdrawConfirm: 'Yes, withdraw',
    delete: 'Delete…',
    deleteConfirm: 'Delete policy',
    deleteBody: 'nothing installs by itself there any more',
    here: 'What applies here',
    restarts: 'When a device waits for a restart',
    restartsSummary: 'restarts in the window',
    restartHere: 'told 15 minutes before, may be put off 2 times by 30 min',
    windows: "Windows' own automatic updating",
    rests: 'rests, only Latarnik installs',
  },
  pl: {
    title: 'Zasady aktualizacji',
    newTitle: 'Nowe zasady aktualizacji',
    create: 'Nowe zasady',
    save: 'Utwórz zasady',
    days: (category: string) => `Odroczenie w dniach: ${category}`,
    install: (category: string) => `Sposób instalacji: ${category}`,
    automatic: 'Automatycznie',
    preview: 'Co by się stało',
    previewOf: /Na \d+ urządzeni(u|ach): w najbliższym oknie serwisowym zainstaluj[eą] się \d+/,
    allDevices: 'Wszystkie urządzenia',
    everything: 'szystko w najbliższym oknie',
    nextWindow: 'Automatycznie: najbliższe okno',
    more: (title: string) => `Więcej akcji: ${title}`,
    block: 'Zablokuj…',
    blockSubmit: 'Zablokuj',
    blocked: 'Zablokowana (to urządzenie)',
    decided: 'Zatwierdzenia i blokady',
    note: 'Notatka (opcjonalnie)',
    withdraw: 'Wycofaj',
    withdrawConfirm: 'Tak, wycofaj',
    delete: 'Usuń…',
    deleteConfirm: 'Usuń zasady',
    deleteBody: 'nic już nie zainstaluje się tam samo',
    here: 'Co tu obowiązuje',
    restarts: 'Gdy urządzenie czeka na restart',
    restartsSummary: 'restarty w oknie',
    restartHere: '15 minut po uprzedzeniu, można odłożyć 2 razy o 30 min',
    windows: 'Własne automatyczne aktualizowanie Windows',
    rests: 'wstrzymane, instaluje tylko Latarnik',
  },
} as const;

const categories = {
  en: [
    'Critical',
    'Security',
    'Definition',
    'Update rollup',
    'Service pack',
    'Feature pack',
    'Feature update',
    'Driver',
    'Tool',
    'Optional',
    'Other',
  ],
  pl: [
    'Krytyczna',
    'Zabezpieczenia',
    'Definicje',
    'Zbiorcza',
    'Dodatek Service Pack',
    'Pakiet funkcji',
    'Aktualizacja funkcji',
    'Sterownik',
    'Narzędzie',
    'Opcjonalna',
    'Inna',
  ],
} as const;

/**
 * A device with an update that nothing has been done about, and its tenant. The preview names the
 * updates that most devices lack, so it is one of those.
 */
async function offeredSomewhere(page: Page) {
  const found: { device: DeviceFacts; update: OfferedUpdate }[] = [];
  const counts = new Map<string, number>();
  for (const device of await listDevices(page, '&updates=pending&limit=500')) {
    if (device.hostname === process.env.LATARNIK_THIS_DEVICE) continue;
    const answer = await page.request.get(`/api/v1/devices/${device.id}/updates`);
    const { items }: { items: OfferedUpdate[] } = await answer.json();
    for (const update of items.filter(({ standing }) => standing.state === 'offered')) {
      found.push({ device, update });
      counts.set(update.id, (counts.get(update.id) ?? 0) + 1);
    }
  }
  const count = ({ update }: { update: OfferedUpdate }) => counts.get(update.id) ?? 0;
  const [most] = found.sort((one, other) => count(other) - count(one));
  if (!most) throw new Error('no simulated device has an update that is only offered');
  const detail = await page.request.get(`/api/v1/devices/${most.device.id}`);
  const { tenant, os }: { tenant: Place; os: { family: string } } = await detail.json();
  return { ...most, tenant, isWindows: os.family === 'windows' };
}

/** What earlier runs have left would answer for this one. */
async function clear(page: Page, tenant: Place) {
  for (const what of ['update-policies', 'update-decisions']) {
    const answer = await page.request.get(`/api/v1/${what}?tenant_id=${tenant.id}`);
    expect(answer.status(), await answer.text()).toBe(200);
    const { items }: { items: { id: string }[] } = await answer.json();
    for (const { id } of items) {
      const gone = await page.request.delete(`/api/v1/${what}/${id}`);
      expect(gone.status(), await gone.text()).toBe(204);
    }
  }
}

for (const language of ['en', 'pl'] as const satisfies readonly Language[]) {
  const say = words[language];
  test(`a policy is previewed, saved and seen on a device; a block goes before it (${language})`, {
    tag: '@smoke',
  }, async ({ page }) => {
    await signIn(page, owner(), { language, color_scheme: 'light' });
    const { device, update, tenant, isWindows } = await offeredSomewhere(page);
    const title = titleIn(update, language);
    await clear(page, tenant);

    await page.goto(`/settings/update-policies?tenant=${tenant.id}`);
    await page.getByRole('link', { name: say.create }).first().click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(say.newTitle);
    for (const category of categories[language]) {
      const choice = page.getByLabel(say.install(category), { exact: true });
      await choice.selectOption({ label: say.automatic });
      await expect(page.getByLabel(say.days(category), { exact: true })).toHaveValue('0');
    }
    const restarts = page.getByRole('radiogroup', { name: say.restarts });
    await restarts.getByRole('radio', { name: say.automatic }).check();
    await page.getByLabel(say.windows, { exact: true }).selectOption({ label: say.rests });
    const preview = page.getByRole('complementary', { name: say.preview });
    await expect(preview).toContainText(say.previewOf);
    await expect(preview.getByRole('link', { name: title }).first()).toBeVisible();
    await page.getByRole('button', { name: say.save }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(say.title);
    const row = page.getByRole('listitem').filter({ hasText: say.allDevices }).first();
    await expect(row).toContainText(new RegExp(say.everything, 'i'));
    await expect(row).toContainText(say.restartsSummary);

    await page.goto(`/devices/${device.id}`);
    const here = page.getByRole('region', { name: say.here });
    await expect(here).toContainText(tenant.name);
    await expect(here).toContainText(say.restartHere);
    await (isWindows ? expect(here) : expect(here).not).toContainText(say.rests);
    await page.goto(`/devices/${device.id}?tab=updates`);
    const offer = page.getByRole('row').filter({ hasText: title }).first();
    // A simulated window may open at once: then a task has it already.
    await expect(offer).toContainText(
      language === 'en'
        ? /Automatic: next window|In progress/
        : /Automatycznie: najbliższe okno|W toku/,
    );

    const why = unique('Printers stop');
    await offer.getByRole('button', { name: say.more(title) }).click();
    await page.getByRole('menuitem', { name: say.block }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(say.note).fill(why);
    await dialog.getByRole('button', { name: say.blockSubmit, exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect(offer).toContainText(say.blocked);

    await page.goto(`/settings/update-policies/approvals?tenant=${tenant.id}`);
    const decision = page.getByRole('listitem').filter({ hasText: why });
    await expect(decision).toContainText(device.hostname);
    await decision.getByRole('button', { name: say.withdraw }).click();
    await page.getByRole('dialog').getByRole('button', { name: say.withdrawConfirm }).click();
    await expect(page.getByText(why)).toHaveCount(0);
    await page.goto(`/devices/${device.id}?tab=updates`);
    await expect(offer).toBeVisible();
    await expect(offer).not.toContainText(say.blocked);

    await page.goto(`/settings/update-policies?tenant=${tenant.id}`);
    await page.getByRole('button', { name: say.more(say.allDevices) }).click();
    await page.getByRole('menuitem', { name: say.delete }).click();
    await expect(page.getByRole('dialog')).toContainText(say.deleteBody);
    await page.getByRole('dialog').getByRole('button', { name: say.deleteConfirm }).click();
    await expect(page.getByRole('button', { name: say.more(say.allDevices) })).toHaveCount(0);
  });
}

test('a preset fills the form in, and leaving it is asked about', async ({ page }) => {
  await signIn(page, owner());
  const { tenant } = await offeredSomewhere(page);
  await clear(page, tenant);
  await page.goto(`/settings/update-policies?tenant=${tenant.id}`);
  await page
    .getByRole('list', { name: 'Policies to begin with' })
    .getByRole('link', { name: 'Balanced' })
    .click();
  await expect(page.getByLabel('Deferral in days: Security', { exact: true })).toHaveValue('3');
  await expect(page.getByLabel('How to install: Driver', { exact: true })).toHaveValue('manual');
  await page.getByLabel('Deferral in days: Security', { exact: true }).fill('366');
  await page.getByRole('button', { name: 'Create policy' }).click();
  await expect(page.getByText('Enter 0 to 365 days.')).toBeVisible();
  await page.getByRole('link', { name: 'Cancel' }).click();
  const question = page.getByRole('dialog');
  await expect(question).toContainText('Discard');
  await question.getByRole('button', { name: 'Discard' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Update policies');
});

test('rings are explained in a sentence that follows the numbers', async ({ page }) => {
  await signIn(page, owner());
  const { tenant } = await offeredSomewhere(page);
  await clear(page, tenant);
  await page.goto(`/settings/update-policies/new?tenant=${tenant.id}`);
  await page.getByLabel('Updates go from ring to ring').check();
  const rings = page.getByRole('region', { name: 'Rings', exact: true });
  await expect(rings).toContainText('through the rings Pilot → Everybody');
  await rings.getByLabel('Ring 2', { exact: true }).fill('Offices');
  await rings.getByLabel('Hours in a ring at least').fill('48');
  await expect(rings).toContainText('Pilot → Offices. It goes on after at least 48 hours');
  await rings.getByLabel('Ring 2', { exact: true }).fill('Pilot');
  await page.getByRole('button', { name: 'Create policy' }).click();
  await expect(rings).toContainText('Two rings have the same name.');
});

test('who may only look sees policies and changes none', async ({ page }) => {
  await signIn(page, viewer());
  await page.goto('/settings/update-policies');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Update policies');
  await expect(page.getByRole('link', { name: 'New policy' })).toHaveCount(0);
  await page.goto('/settings/update-policies/new');
  await expect(page.getByRole('alert')).toContainText('You may not see this');
});
