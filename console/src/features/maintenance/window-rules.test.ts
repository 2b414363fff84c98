import { describe, expect, it } from 'vitest';
import type { MaintenanceWindow } from '@/api/types';
import { slotIn, withBlock } from './week-shape';
import {
  dayToggled,
  definitionOf,
  durationProblem,
  emptyWindow,
  newWindowsOf,
  openDays,
  overlapping,
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

describe('an overlap', () => {
  const window = (change: Partial<MaintenanceWindow>): MaintenanceWindow => ({
    id: 'one',
    tenant_id: 'tenant',
    scope: { kind: 'tenant' },
    name: 'Weeknights',
    enabled: true,
    definition: presetDefinitions.weeknights,
    version: 1,
    updated_at: '2026-11-26T10:00:00Z',
    updated_by: 'Anna',
    time_zone: 'Europe/Warsaw',
    devices: 3,
    overlaps: [],
    ...change,
  });
  const nights = withDefinition(draft, presetDefinitions.weeknights);

  it('is of enabled windows of the same scope with the same work', () => {
    expect(overlapping(nights, [window({})], null)).toHaveLength(1);
    expect(overlapping(nights, [window({})], 'one')).toHaveLength(0);
    expect(overlapping(nights, [window({ enabled: false })], null)).toHaveLength(0);
    const group = { kind: 'group', group_id: 'tills' } as const;
    expect(overlapping(nights, [window({ scope: group })], null)).toHaveLength(0);
    expect(overlapping({ ...nights, actions: [] }, [window({})], null)).toHaveLength(0);
    const sunday = withDefinition(draft, {
      ...presetDefinitions.sunday_night,
      duration_minutes: 120,
    });
    expect(overlapping(sunday, [window({})], null)).toHaveLength(0);
  });
});
