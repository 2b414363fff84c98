import { describe, expect, it } from 'vitest';
import type { BlackoutDefinition, WindowDefinition } from '@/api/types';
import { i18n } from '@/i18n/index';
import { createFormat } from '@/util/format';
import { presetDefinitions } from './window-rules';
import { blackoutSentence, daysText, durationText, windowSentence } from './window-words';

const en = { t: i18n.getFixedT('en'), format: createFormat('en', 'Europe/Warsaw') };
const pl = { t: i18n.getFixedT('pl'), format: createFormat('pl', 'Europe/Warsaw') };

const sentenceIn = ({ t, format }: typeof en, definition: WindowDefinition) =>
  windowSentence(t, format, definition);

function weekly(days: ('tuesday' | 'thursday')[], time_zone?: string): WindowDefinition {
  return {
    recurrence: { type: 'weekly', days },
    start_time: '22:00',
    duration_minutes: 240,
    time_zone,
    actions: ['update'],
  };
}

function monthly(weekday: 'tuesday' | 'wednesday', offset_days: number): WindowDefinition {
  return {
    ...weekly([]),
    recurrence: { type: 'monthly', nth: 'second', weekday, offset_days },
  };
}

describe('a weekly window in words', () => {
  it('names its days, start, length and clock', () => {
    const definition = weekly(['tuesday', 'thursday']);
    expect(sentenceIn(en, definition)).toBe('Tuesdays and Thursdays, 22:00 for 4 h, device time');
    expect(sentenceIn(pl, definition)).toBe(
      'We wtorki i czwartki o 22:00 na 4 godz., czas urządzenia',
    );
    expect(sentenceIn(pl, weekly(['thursday'], 'Europe/Warsaw'))).toBe(
      'W czwartki o 22:00 na 4 godz., czas Europe/Warsaw',
    );
  });

  it('says days that follow one another as a range', () => {
    expect(sentenceIn(pl, presetDefinitions.weeknights)).toBe(
      'Od poniedziałku do piątku o 22:00 na 6 godz., czas urządzenia',
    );
    const all = [
      'monday',
      'tuesday',
      'wednesday',
      'thursday',
      'friday',
      'saturday',
      'sunday',
    ] as const;
    expect(daysText(en.t, en.format, all)).toBe('every day');
    expect(daysText(pl.t, pl.format, all)).toBe('codziennie');
  });
});

describe('a monthly window in words', () => {
  it('agrees in gender, case and number', () => {
    expect(sentenceIn(en, monthly('tuesday', 0))).toBe(
      'The second Tuesday of the month, 22:00 for 4 h, device time',
    );
    expect(sentenceIn(en, monthly('tuesday', 1))).toContain('1 day after the second Tuesday');
    expect(sentenceIn(pl, monthly('tuesday', 0))).toContain('W drugi wtorek miesiąca');
    expect(sentenceIn(pl, monthly('wednesday', 0))).toContain('W drugą środę miesiąca');
    expect(
      [1, 2, 5, 22].map((days) => sentenceIn(pl, monthly('tuesday', days)).slice(0, 22)),
    ).toEqual([
      '1 dzień po drugim wtor',
      '2 dni po drugim wtorku',
      '5 dni po drugim wtorku',
      '22 dni po drugim wtork',
    ]);
    expect(sentenceIn(pl, monthly('wednesday', 2))).toContain('2 dni po drugiej środzie miesiąca');
  });
});

describe('a length', () => {
  it('is in days only where they are whole', () => {
    expect([15, 90, 240, 1440, 2400, 10_080].map((minutes) => durationText(pl.t, minutes))).toEqual(
      ['15 min', '1 godz. 30 min', '4 godz.', '1 dzień', '40 godz.', '7 dni'],
    );
  });
});

describe('a blackout in words', () => {
  const say = ({ t, format }: typeof en, period: BlackoutDefinition['period']) =>
    blackoutSentence(t, format, { period }, 'Europe/Warsaw');

  it('says its days', () => {
    expect(say(en, { type: 'monthly', first_day: 20, last_day: 25 })).toBe(
      'Every month from day 20 to day 25, device time',
    );
    expect(say(pl, { type: 'yearly', first: '12-20', last: '01-06' })).toBe(
      'Co roku od 20 grudnia do 6 stycznia, czas urządzenia',
    );
  });

  it('says a single span on a clock that it names', () => {
    const once = {
      type: 'once',
      from: '2026-12-01T07:00:00Z',
      until: '2026-12-02T17:00:00Z',
    } as const;
    expect(say(en, once)).toBe('Once, Tue, Dec 1, 08:00 – Wed, Dec 2, 18:00, Europe/Warsaw time');
  });
});
