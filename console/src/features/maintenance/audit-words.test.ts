import { describe, expect, it } from 'vitest';
import { i18n } from '@/i18n';
import { createFormat } from '@/util/format';
import { maintenanceDetailText } from './audit-words';

const pl = i18n.getFixedT('pl');
const said = (name: string, value: string) =>
  maintenanceDetailText(pl, createFormat('pl', 'Europe/Warsaw'), { name, value });

describe('what the audit says of windows and blackouts', () => {
  it('is read in words', () => {
    expect(said('scope', 'tenant')).toBe('Wszystkie urządzenia');
    expect(said('scope', 'group Serwery')).toBe('Grupa Serwery');
    expect(said('recurrence', 'weekly tuesday, thursday')).toBe('we wtorki i czwartki');
    expect(said('recurrence', 'monthly second tuesday')).toBe('w drugi wtorek miesiąca');
    expect(said('recurrence', 'monthly last sunday +2')).toBe(
      '2 dni po ostatniej niedzieli miesiąca',
    );
    expect(said('actions', 'update, restart')).toBe('aktualizacje i restarty');
    expect(said('period', 'monthly 20 25')).toBe('co miesiąc od 20. do 25. dnia');
    expect(said('period', 'monthly 1 1')).toBe('co miesiąc 1. dnia');
    expect(said('period', 'yearly 12-20 01-06')).toBe('co roku od 20 grudnia do 6 stycznia');
    expect(said('period', 'once 2026-12-23T23:00:00Z 2026-12-24T05:00:00Z')).toBe(
      'raz, 24 gru 2026, 00:00:00 – 24 gru 2026, 06:00:00',
    );
  });

  it('and is not known stays as it is', () => {
    expect(said('scope', 'Serwery')).toBeNull();
    expect(said('recurrence', 'hourly')).toBeNull();
    expect(said('actions', 'update, dance')).toBeNull();
    expect(said('period', 'hourly 1 2')).toBeNull();
    expect(said('period', 'yearly december january')).toBeNull();
    expect(said('period', 'once upon a time')).toBeNull();
    expect(said('name', 'tenant')).toBeNull();
  });
});
