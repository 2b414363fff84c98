import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { type Language, owner, signIn, unique, viewer } from './scene';

interface FailedUpdate {
  id: string;
  device: { id: string; hostname: string };
  cause: { title: string; update_id: string };
}

/** The words that this story reads, in both languages. */
const words = {
  en: {
    title: 'Alerts',
    open: /^Alerts\s*[\d,]+/,
    warning: 'Warning',
    next: 'What was tried',
    acknowledge: 'Acknowledge',
    note: 'Note (optional)',
    acknowledged: 'Acknowledged',
    selected: '1 alert selected',
    acknowledgeSelected: 'Acknowledge…',
    selection: 'Selected alerts',
    kind: 'Kind',
    overdue: 'Restart overdue',
  },
  pl: {
    title: 'Alerty',
    open: /^Alerty\s*[\d ]+/,
    warning: 'Ostrzeżenie',
    next: 'Zobacz, czego próbowano',
    acknowledge: 'Potwierdź',
    note: 'Notatka (opcjonalnie)',
    acknowledged: 'Potwierdzone',
    selected: 'Zaznaczono 1 alert',
    acknowledgeSelected: 'Potwierdź…',
    selection: 'Zaznaczone alerty',
    kind: 'Rodzaj',
    overdue: 'Zaległy restart',
  },
} as const;

async function openAlerts(page: Page): Promise<FailedUpdate[]> {
  const answer = await page.request.get('/api/v1/alerts?state=open&kind=update_failed');
  expect(answer.status(), await answer.text()).toBe(200);
  const { items }: { items: FailedUpdate[] } = await answer.json();
  return items;
}

/** Installs one update wherever it is lacking: on some of the simulated devices it fails. */
async function installSomething(page: Page, number: number): Promise<void> {
  const found = await page.request.get('/api/v1/updates?sort=-lacking&limit=20');
  const { items }: { items: { id: string }[] } = await found.json();
  const update = items[number];
  if (!update) throw new Error('nothing is left to install');
  const lacking = await page.request.get(
    `/api/v1/updates/${update.id}/devices?state=offered&limit=100`,
  );
  const places: { items: { device_id: string; hostname: string; key: string }[] } =
    await lacking.json();
  const devices = places.items.filter(
    ({ hostname }) => hostname !== process.env.LATARNIK_THIS_DEVICE,
  );
  if (devices.length === 0) return;
  const action = await page.request.post('/api/v1/actions', {
    headers: { 'Idempotency-Key': crypto.randomUUID() },
    data: {
      kind: 'install_updates',
      device_ids: devices.map(({ device_id }) => device_id),
      update_keys: [...new Set(devices.map(({ key }) => key))],
      when: { type: 'now' },
    },
  });
  expect(action.status(), await action.text()).toBe(201);
  const { id }: { id: string } = await action.json();
  const share = async () => {
    const answer = await page.request.get(`/api/v1/actions/${id}`);
    const { percent }: { percent: number } = await answer.json();
    return percent;
  };
  await expect.poll(share, { timeout: 60_000 }).toBeGreaterThan(70);
  // Devices that are offline would keep its progress on every page of the tests that follow.
  const cancelled = await page.request.post(`/api/v1/actions/${id}/cancel`);
  expect([200, 409]).toContain(cancelled.status());
}

/** So many open alerts of updates that failed. */
async function failures(page: Page, wanted: number): Promise<FailedUpdate[]> {
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const alerts = await openAlerts(page);
    if (alerts.length >= wanted) return alerts;
    await installSomething(page, attempt);
    // Another update may have to fail before there are enough.
    const count = async () => (await openAlerts(page)).length;
    const enough = expect.poll(count, { timeout: 12_000 }).toBeGreaterThanOrEqual(wanted);
    await enough.catch(() => undefined);
  }
  throw new Error('no installation has failed on the simulated devices');
}

function rowOf(page: Page, { device, cause }: FailedUpdate) {
  return page
    .getByRole('row')
    .filter({ hasText: cause.title })
    .filter({ has: page.getByRole('link', { name: device.hostname, exact: true }) });
}

for (const language of ['en', 'pl'] as const satisfies readonly Language[]) {
  const say = words[language];
  test(`an alert leads to its cause and is acknowledged with a note (${language})`, {
    tag: '@smoke',
  }, async ({ page }) => {
    await signIn(page, owner(), { language, color_scheme: language === 'en' ? 'light' : 'dark' });
    const [alert, other] = await failures(page, 2);
    if (!alert || !other) throw new Error('there are no two alerts');

    await page.goto('/devices');
    await page.getByRole('navigation').getByRole('link', { name: say.open }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(say.title);
    const row = rowOf(page, alert);
    await expect(row).toContainText(say.warning);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);

    await row.getByRole('link', { name: say.next }).click();
    await expect(page).toHaveURL(new RegExp(`tab=history&update=${alert.cause.update_id}`));
    await page.goBack();

    const note = unique('Ticket');
    await row.getByRole('button', { name: say.acknowledge }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(say.note).fill(note);
    await dialog.getByRole('button', { name: say.acknowledge, exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect(row).toHaveCount(0);

    await page.getByRole('button', { name: say.acknowledged }).click();
    await expect(page).toHaveURL(/view=acknowledged/);
    await expect(row).toContainText(note);
    await page.goto(`/devices/${alert.device.id}`);
    await expect(page.getByRole('list', { name: say.title })).toContainText(note);

    await page.goto('/alerts');
    await rowOf(page, other).getByRole('checkbox').check();
    const bar = page.getByRole('region', { name: say.selection });
    await expect(bar).toContainText(say.selected);
    await bar.getByRole('button', { name: say.acknowledgeSelected }).click();
    await page.getByRole('dialog').getByRole('button', { name: say.acknowledge }).last().click();
    await expect(bar).toBeHidden();
    await expect(rowOf(page, other)).toHaveCount(0);

    await page.getByLabel(say.kind).selectOption({ label: say.overdue });
    await expect(page).toHaveURL(/kind=restart_overdue/);
  });
}

test('who may only look sees alerts and acknowledges none', async ({ page }) => {
  await signIn(page, viewer());
  await page.goto('/alerts?view=all');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Alerts');
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  await expect(page.getByRole('button', { name: /^Acknowledge(:|$)/ })).toHaveCount(0);
  await expect(page.getByRole('checkbox')).toHaveCount(0);
});
