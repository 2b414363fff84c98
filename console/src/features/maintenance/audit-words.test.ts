import { describe, expect, it } from 'vitest';
import { i18n } from '@/i18n';
import { createFormat } from '@/util/format';
import { maintenanceDetailText } from './audit-words';

const pl = i18n.getFixedT('pl');
const said = (name: string, value: string) =>
  maintenanceDetailText(pl, createFormat('pl'), { name, value });

describe('what the audit says of windows', () => {
  it('is read in words', () => {
    expect(said('scope', 'tenant')).toBe('Wszystkie urządzenia');
    expect(said('scope', 'group Serwery')).toBe('Grupa Serwery');
    expect(said('recurrence', 'weekly tuesday, thursday')).toBe('we wtorki i czwartki');
    expect(said('recurrence', 'monthly second tuesday')).toBe('w drugi wtorek miesiąca');
    expect(said('recurrence', 'monthly last sunday +2')).toBe(
      '2 dni po ostatniej niedzieli miesiąca',
    );
    expect(said('actions', 'update, restart')).toBe('aktualizacje i restarty');
  });

  it('and is not known stays as it is', () => {
    expect(said('scope', 'Serwery')).toBeNull();
    expect(said('recurrence', 'hourly')).toBeNull();
    expect(said('actions', 'update, dance')).toBeNull();
    expect(said('name', 'tenant')).toBeNull();
  });
});
