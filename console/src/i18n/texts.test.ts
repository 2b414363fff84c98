import { describe, expect, it } from 'vitest';
import { actorText, authorText, errorText, reasonText, signalText } from './codes';
import { browserLanguage, i18n } from './index';

const en = i18n.getFixedT('en');
const pl = i18n.getFixedT('pl');

describe('Polish plurals', () => {
  it.each([
    [1, '1 urządzenie'],
    [2, '2 urządzenia'],
    [5, '5 urządzeń'],
    [12, '12 urządzeń'],
    [22, '22 urządzenia'],
    [112, '112 urządzeń'],
    [1.5, '1,5 urządzenia'],
  ])('%d', (count, text) => {
    expect(pl('updates.selected', { count })).toBe(text);
  });
});

describe('Polish recovery codes', () => {
  it.each([
    [0, 'Zostało 0 kodów zapasowych'],
    [1, 'Został 1 kod zapasowy'],
    [3, 'Zostały 3 kody zapasowe'],
    [10, 'Zostało 10 kodów zapasowych'],
  ])('%d', (count, text) => {
    expect(pl('second_factor.codes_left', { count })).toBe(text);
  });
});

describe('English plurals', () => {
  it('tell one from many', () => {
    expect(en('updates.selected', { count: 1 })).toBe('1 device');
    expect(en('updates.selected', { count: 3_214 })).toBe('3,214 devices');
  });
});

describe('who did something', () => {
  it('has the name that people know, or what the reader calls it', () => {
    expect(actorText(pl, { kind: 'agent', name: 'PC-1' })).toBe('PC-1');
    expect(actorText(pl, { kind: 'agent', name: '' })).toBe('Agent');
    expect(actorText(pl, { kind: 'command_line', name: 'command line' })).toBe('Wiersz poleceń');
    expect(actorText(pl, { kind: 'system', name: 'openid' })).toBe('System Latarnik');
    expect(authorText(pl, 'command line')).toBe('Wiersz poleceń');
    expect(authorText(pl, 'Ada')).toBe('Ada');
  });
});

describe('codes', () => {
  it('known ones are sentences', () => {
    expect(errorText(pl, 'invalid_credentials')).toBe('Adres e-mail lub hasło są nieprawidłowe.');
    expect(signalText(en, 'reboot_required_file')).toBe('The package manager asks for a restart');
  });

  it('unknown ones are a sentence with the code in it', () => {
    expect(errorText(en, 'brand_new')).toContain('brand_new');
    expect(reasonText(pl, 'brand_new').title).toContain('brand_new');
    expect(signalText(pl, 'brand_new')).toContain('brand_new');
  });

  it('cannot be mistaken for properties that every object has', () => {
    expect(errorText(en, 'constructor')).toContain('constructor');
  });
});

describe("the browser's language", () => {
  it('is the first one that the console speaks', () => {
    expect(browserLanguage(['de-DE', 'pl-PL', 'en'])).toBe('pl');
    expect(browserLanguage(['de'])).toBe('en');
  });
});
