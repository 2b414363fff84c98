import { expect, type Locator, type Page } from '@playwright/test';
import { listDevices } from './scene';

export interface Place {
  id: string;
  name: string;
}

/** The tenant that a device belongs to. */
export async function tenantOf(page: Page, deviceId: string): Promise<Place> {
  const detail = await page.request.get(`/api/v1/devices/${deviceId}`);
  const { tenant }: { tenant: Place } = await detail.json();
  return tenant;
}

/** A tenant with devices, without anything that earlier runs have left. */
export async function clearTenant(page: Page): Promise<{ tenant: Place; device: string }> {
  const [device] = await listDevices(page);
  if (!device) throw new Error('the scene has no device');
  const tenant = await tenantOf(page, device.id);
  for (const what of ['maintenance-windows', 'blackouts', 'calendar-feeds']) {
    const answer = await page.request.get(`/api/v1/${what}?tenant_id=${tenant.id}`);
    expect(answer.status(), await answer.text()).toBe(200);
    const { items }: { items: { id: string }[] } = await answer.json();
    for (const { id } of items) {
      const gone = await page.request.delete(`/api/v1/${what}/${id}`);
      expect(gone.status(), await gone.text()).toBe(204);
    }
  }
  return { tenant, device: device.id };
}

/** Drags from one half hour to another: rows are days, columns half hours of the shown row. */
export async function paint(
  page: Page,
  grid: Locator,
  from: [number, number],
  to: [number, number],
) {
  const at = async ([row, column]: [number, number]) => {
    const cell = grid.locator(`[data-row="${row}"][data-column="${column}"]`);
    await cell.scrollIntoViewIfNeeded();
    const box = await cell.boundingBox();
    if (!box) throw new Error('the half hour is not on screen');
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const begin = await at(from);
  await page.mouse.move(begin.x, begin.y);
  await page.mouse.down();
  const end = await at(to);
  await page.mouse.move(end.x, end.y, { steps: 5 });
  await page.mouse.up();
}
