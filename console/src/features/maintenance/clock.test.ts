import { describe, expect, it } from 'vitest';
import { clockMoved, clockTyped } from './clock';

describe('a time of day', () => {
  it('is understood however it is typed', () => {
    const typed = ['22:00', '22.00', '2200', '22', ' 9:30 ', '930', '09:30', '0', '7'];
    expect(typed.map(clockTyped)).toEqual([
      '22:00',
      '22:00',
      '22:00',
      '22:00',
      '09:30',
      '09:30',
      '09:30',
      '00:00',
      '07:00',
    ]);
  });

  it('that does not exist is none', () => {
    expect(['', '24:00', '22:60', '22:0', 'ten', '-1:00', '222222'].map(clockTyped)).toEqual(
      Array.from({ length: 7 }, () => null),
    );
  });

  it('is moved over midnight both ways', () => {
    expect(clockMoved('23:50', 15)).toBe('00:05');
    expect(clockMoved('0005', -15)).toBe('23:50');
    expect(clockMoved('soon', 15)).toBeNull();
  });
});
