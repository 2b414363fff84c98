import { describe, expect, it } from 'vitest';
import { slotIn, withBlock } from './week-shape';
import {
  batchOf,
  dayToggled,
  definitionOf,
  durationProblem,
  emptyWindow,
  namesProblem,
  newWindowsOf,
  openDays,
  paintedChange,
  presetDefinitions,
  slotsOfDraft,
  withDefinition,
} from './window-rules';

const cell = (row: number, column: number) => ({ row, column });
const draft = { ...emptyWindow('tenant'), name: 'Nights' };

describe('a draft', () => {
  it.each(Object.entries(presetDefinitions))('says %s as it was', (_name, definition) => {
    expect(definitionOf(withDefinition(draft, definition))).toMatchObject(definition);
  });

  it('that was painted has the fields of its block', () => {
    const slots = withBlock(new Set(), 'night', cell(1, 20), cell(1, 27), true);
    expect(paintedChange(slots)).toEqual({
      days: ['tuesday'],
      start: '22:00',
      duration: { hours: 4, minutes: 0 },
      painted: null,
    });
  });

  it('makes several windows of what one cannot say', () => {
    const nights = withBlock(new Set(), 'night', cell(0, 20), cell(1, 27), true);
    const both = withBlock(nights, 'day', cell(5, 12), cell(5, 19), true);
    const painted = { ...draft, ...paintedChange(both) };
    expect(
      newWindowsOf(painted).map(({ name, definition }) => [name, definition.start_time]),
    ).toEqual([
      ['Nights', '22:00'],
      ['Nights (2)', '06:00'],
    ]);
    expect(openDays(painted)).toEqual(['monday', 'tuesday', 'saturday']);
    const fewer = { ...painted, ...dayToggled(painted, 'saturday') };
    expect(newWindowsOf(fewer)).toHaveLength(1);
  });

  it('keeps minutes that the grid cannot show until it is painted', () => {
    const precise = { ...draft, days: ['monday' as const], start: '22:10' };
    expect(slotsOfDraft(precise).has(slotIn('day', 0, 44))).toBe(true);
    expect(definitionOf(precise).start_time).toBe('22:10');
    expect(dayToggled(precise, 'tuesday')).toEqual({ days: ['monday', 'tuesday'] });
  });

  it('lasts from 15 minutes to 7 days', () => {
    const problem = (hours: number, minutes: number) =>
      durationProblem({ duration: { hours, minutes } });
    expect(problem(0, 14)).not.toBeNull();
    expect(problem(0, 15)).toBeNull();
    expect(problem(168, 0)).toBeNull();
    expect(problem(168, 1)).not.toBeNull();
  });
});

describe('a painting of several windows', () => {
  const slots = withBlock(
    withBlock(new Set(), 'night', cell(1, 20), cell(1, 27), true),
    'night',
    cell(5, 10),
    cell(5, 13),
    true,
  );
  const painted = { ...draft, ...paintedChange(slots), kind: 'group', group: 'tills' } as const;

  it('is saved in one request, the window that is changed first', () => {
    const batch = batchOf(painted, { id: 'one', version: 3 });
    expect(batch).toMatchObject({ tenant_id: 'tenant', group_id: 'tills', device_id: null });
    expect(batch.windows.map(({ id, version, name }) => [id, version, name])).toEqual([
      ['one', 3, 'Nights'],
      [undefined, undefined, 'Nights (2)'],
    ]);
    expect(batchOf(painted, null).windows.every(({ id }) => id === undefined)).toBe(true);
  });

  it('has no name that is too long with its number', () => {
    expect(namesProblem({ ...painted, name: 'n'.repeat(96) })).toBeNull();
    expect(namesProblem({ ...painted, name: 'n'.repeat(97) })).toBe('maintenance.name_long');
    expect(namesProblem({ ...draft, name: 'n'.repeat(100) })).toBeNull();
    expect(namesProblem({ ...painted, name: ' ' })).toBe('maintenance.name_missing');
  });
});
