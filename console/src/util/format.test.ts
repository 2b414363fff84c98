import { describe, expect, it } from 'vitest';
import { createFormat } from './format';

const en = createFormat('en', 'Europe/Warsaw');
const pl = createFormat('pl', 'Europe/Warsaw');
const now = Date.parse('2026-11-23T22:00:00Z');
const nbsp = '\u00a0';

/** Intl separates with no-break spaces that read like spaces. */
function plain(text: string): string {
  return text.replaceAll(nbsp, ' ').replaceAll('\u202f', ' ');
}

describe('numbers', () => {
  it('are grouped as the language does', () => {
    expect(en.number(13_214)).toBe('13,214');
    expect(plain(pl.number(13_214))).toBe('13 214');
  });
});

describe('bytes', () => {
  it('have three significant digits and the decimal sign of the language', () => {
    expect(en.bytes(12_345_678)).toBe('12.3 MB');
    expect(plain(pl.bytes(12_345_678))).toBe('12,3 MB');
  });

  it('move to the next unit before they would round up to a thousand', () => {
    expect(en.bytes(999_499)).toBe('999 kB');
    expect(en.bytes(999_950)).toBe('1 MB');
  });

  it('below a kilobyte are whole bytes with the right plural', () => {
    expect(en.bytes(1)).toBe('1 byte');
    expect(plain(pl.bytes(5))).toBe('5 bajtów');
  });
});

describe('ages', () => {
  it('are told in the largest full unit', () => {
    expect(en.relative('2026-11-23T12:30:00Z', now)).toBe('9 hr. ago');
    expect(plain(pl.relative('2026-11-23T12:30:00Z', now))).toBe('9 godz. temu');
    expect(plain(pl.relative('2026-11-20T12:30:00Z', now))).toBe('3 dni temu');
  });

  it('below a minute are now, also when clocks differ a little', () => {
    expect(en.relative('2026-11-23T21:59:30Z', now)).toBe('now');
    expect(pl.relative('2026-11-23T22:00:30Z', now)).toBe('teraz');
  });

  it('reach into the future', () => {
    expect(en.relative('2026-11-24T00:05:00Z', now)).toBe('in 2 hr.');
  });
});

describe('instants', () => {
  it('are shown on the wall clock of the asked zone', () => {
    expect(plain(pl.dateTime('2026-11-23T22:14:27Z'))).toBe('23 lis 2026, 23:14:27');
    expect(plain(pl.dateTime('2026-11-23T22:14:27Z', 'America/New_York'))).toBe(
      '23 lis 2026, 17:14:27',
    );
  });
});

describe('durations', () => {
  it('have at most two units', () => {
    expect(en.duration(42)).toBe('42ms');
    expect(en.duration(4_200)).toBe('4s');
    expect(en.duration(125_000)).toBe('2m 5s');
    expect(en.duration(7_505_000)).toBe('2h 5m');
  });

  it('are never negative', () => {
    expect(en.duration(-500)).toBe('0ms');
  });
});

describe('CSV', () => {
  it('is separated by what spreadsheets of the language expect', () => {
    expect(en.csvSeparator).toBe(',');
    expect(pl.csvSeparator).toBe(';');
  });
});
