import { describe, expect, it } from 'vitest';
import {
  deadlineOf,
  isChoiceMissing,
  narrowFilter,
  restartTerms,
  scheduleProblem,
  standardSchedule,
  whenOf,
} from './schedule';

const now = Date.parse('2026-11-23T22:00:00Z');

describe('a time', () => {
  it('must be given and lie ahead', () => {
    const at = { ...standardSchedule, choice: 'at' as const };
    expect(scheduleProblem(at, now)).toBe('at_missing');
    expect(scheduleProblem({ ...at, at: '2020-01-01T00:00' }, now)).toBe('at_past');
    expect(scheduleProblem({ ...at, at: '2099-01-01T00:00' }, now)).toBeNull();
  });

  it('is sent as an instant', () => {
    const when = whenOf({ ...standardSchedule, choice: 'at', at: '2099-01-01T10:00' });
    expect(when).toEqual({ type: 'at', at: new Date('2099-01-01T10:00').toISOString() });
  });
});

describe('a deadline', () => {
  it('counts from now, or from the chosen time', () => {
    const day = { ...standardSchedule, deadlineHours: 24 };
    expect(deadlineOf(standardSchedule, now)).toBeUndefined();
    expect(deadlineOf(day, now)).toBe('2026-11-24T22:00:00.000Z');
    const at = { ...day, choice: 'at' as const, at: '2099-01-01T10:00' };
    const begins = Date.parse('2099-01-01T10:00');
    expect(deadlineOf(at, now)).toBe(new Date(begins + 86_400_000).toISOString());
  });
});

describe('a choice by category', () => {
  it('needs at least one category', () => {
    expect(isChoiceMissing({ byCategory: false, categories: [] })).toBe(false);
    expect(isChoiceMissing({ byCategory: true, categories: [] })).toBe(true);
    expect(isChoiceMissing({ byCategory: true, categories: ['security'] })).toBe(false);
  });
});

describe('a restart', () => {
  it('may be postponed within the chosen limits, or not at all', () => {
    expect(restartTerms({ ...standardSchedule, delayMinutes: 5 })).toEqual({
      delay_minutes: 5,
      postponements: { most: 2, minutes: 30 },
    });
    expect(restartTerms({ ...standardSchedule, mostPostponements: 0 }).postponements).toBe(
      undefined,
    );
  });
});

describe('a filter', () => {
  it('is narrowed to devices on which there is something to do', () => {
    expect(narrowFilter({ search: 'pc' }, 'restart')).toEqual({
      search: 'pc',
      restart: 'required',
    });
    expect(narrowFilter({}, 'install_updates')).toEqual({ updates: 'pending' });
    expect(narrowFilter({ search: 'pc' }, 'scan')).toEqual({ search: 'pc' });
  });
});
