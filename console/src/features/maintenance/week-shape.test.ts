import { describe, expect, it } from 'vitest';
import {
  clockText,
  minutesOf,
  rowsFor,
  shapeAt,
  shapesOf,
  slotIn,
  slotsOf,
  slotsPerDay,
  withBlock,
} from './week-shape';

const cell = (row: number, column: number) => ({ row, column });

describe('a painted block', () => {
  it('becomes one window with a start, a length and its days', () => {
    const slots = withBlock(new Set(), 'day', cell(1, 4), cell(3, 7), true);
    expect(shapesOf(slots)).toEqual([
      { days: ['tuesday', 'wednesday', 'thursday'], start: 120, duration: 120 },
    ]);
  });

  it('goes over midnight in a row of nights', () => {
    const slots = withBlock(new Set(), 'night', cell(0, 20), cell(4, 31), true);
    expect(shapesOf(slots)).toEqual([
      {
        days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'],
        start: 22 * 60,
        duration: 6 * 60,
      },
    ]);
  });

  it('goes from Sunday night into Monday', () => {
    const slots = withBlock(new Set(), 'night', cell(6, 20), cell(6, 27), true);
    expect(shapesOf(slots)).toEqual([{ days: ['sunday'], start: 22 * 60, duration: 4 * 60 }]);
  });

  it('is the same whichever corner it begins at', () => {
    const one = withBlock(new Set(), 'day', cell(3, 7), cell(1, 4), true);
    const other = withBlock(new Set(), 'day', cell(1, 4), cell(3, 7), true);
    expect(one).toEqual(other);
  });

  it('is cleared by painting over it', () => {
    const slots = withBlock(new Set(), 'day', cell(1, 4), cell(3, 7), true);
    expect(withBlock(slots, 'day', cell(0, 0), cell(6, 47), false).size).toBe(0);
  });
});

describe('what one window cannot say', () => {
  it('becomes as few windows as there are starts and lengths', () => {
    const nights = withBlock(new Set(), 'night', cell(0, 20), cell(2, 27), true);
    const both = withBlock(nights, 'day', cell(5, 12), cell(5, 19), true);
    expect(shapesOf(both)).toEqual([
      { days: ['monday', 'tuesday', 'wednesday'], start: 22 * 60, duration: 4 * 60 },
      { days: ['saturday'], start: 6 * 60, duration: 4 * 60 },
    ]);
    expect(shapeAt(both, slotIn('day', 5, 15))?.days).toEqual(['saturday']);
    expect(shapeAt(both, slotIn('day', 6, 30))).toBeNull();
  });
});

describe('a definition on the grid', () => {
  it('comes back as it was', () => {
    const shape = { days: ['tuesday', 'sunday'] as const, start: 23 * 60 + 30, duration: 90 };
    expect(shapesOf(slotsOf({ ...shape, days: [...shape.days] }))).toEqual([
      { ...shape, days: ['tuesday', 'sunday'] },
    ]);
  });

  it('touches every half hour that it needs', () => {
    expect(slotsOf({ days: ['monday'], start: 15, duration: 30 })).toEqual(new Set([0, 1]));
  });

  it('may be the whole week', () => {
    const slots = slotsOf({ days: ['monday'], start: 0, duration: 7 * 24 * 60 });
    expect(slots.size).toBe(7 * slotsPerDay);
    expect(shapesOf(slots)).toEqual([{ days: ['monday'], start: 0, duration: 7 * 24 * 60 }]);
  });
});

describe('rows', () => {
  it('are nights for what goes over midnight in the evening', () => {
    expect(rowsFor({ start: 22 * 60, duration: 240 })).toBe('night');
    expect(rowsFor({ start: 22 * 60, duration: 120 })).toBe('day');
    expect(rowsFor({ start: 6 * 60, duration: 40 * 60 })).toBe('day');
  });
});

describe('a time of the clock', () => {
  it('is read and written to the minute', () => {
    expect(minutesOf('22:05')).toBe(1325);
    expect(minutesOf('24:00')).toBeNull();
    expect(minutesOf('')).toBeNull();
    expect(clockText(25 * 60 + 5)).toBe('01:05');
  });
});
