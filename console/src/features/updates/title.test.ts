import { describe, expect, it } from 'vitest';
import { titleOf } from './title';

describe('the title of an update', () => {
  const update = { title: 'Kumulatives Update', titles: { pl: 'Aktualizacja zbiorcza' } };

  it("is in the reader's language where that is known", () => {
    expect(titleOf(update, 'pl')).toBe('Aktualizacja zbiorcza');
  });

  it("is in the device's language otherwise", () => {
    expect(titleOf(update, 'en')).toBe('Kumulatives Update');
  });
});
