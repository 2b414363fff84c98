import type { Weekday } from '@/api/types';

/** The week as it is painted: half hours from Monday's midnight on. */
export const slotMinutes = 30;
export const slotsPerDay = 48;
export const slotsPerWeek = 7 * slotsPerDay;
const dayMinutes = 24 * 60;

export const weekdays = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const satisfies readonly Weekday[];

export type Slots = ReadonlySet<number>;

/** What one window can say of a week: one start and one length, on several days. */
export interface Shape {
  days: Weekday[];
  /** Minutes from midnight. */
  start: number;
  duration: number;
}

/** Every half hour that the shape touches. */
export function slotsOf({ days, start, duration }: Shape): Set<number> {
  const slots = new Set<number>();
  for (const day of days) {
    const from = weekdays.indexOf(day) * dayMinutes + start;
    const first = Math.floor(from / slotMinutes);
    const end = Math.ceil((from + duration) / slotMinutes);
    for (let slot = first; slot < Math.min(end, first + slotsPerWeek); slot += 1) {
      slots.add(slot % slotsPerWeek);
    }
  }
  return slots;
}

interface Run {
  first: number;
  length: number;
}

/** The unbroken stretches; the week is a circle, so that Sunday night goes on into Monday. */
function runsOf(slots: Slots): Run[] {
  if (slots.size >= slotsPerWeek) return [{ first: 0, length: slotsPerWeek }];
  const before = (slot: number) => (slot + slotsPerWeek - 1) % slotsPerWeek;
  const firsts = [...slots].filter((slot) => !slots.has(before(slot)));
  return firsts
    .toSorted((one, other) => one - other)
    .map((first) => {
      let length = 1;
      while (slots.has((first + length) % slotsPerWeek)) length += 1;
      return { first, length };
    });
}

/** The fewest windows that make what is painted, in the order of their first days. */
export function shapesOf(slots: Slots): Shape[] {
  const shapes = new Map<string, Shape>();
  for (const { first, length } of runsOf(slots)) {
    const day = weekdays[Math.floor(first / slotsPerDay)];
    if (!day) continue;
    const start = (first % slotsPerDay) * slotMinutes;
    const duration = length * slotMinutes;
    const key = `${start} ${duration}`;
    const shape = shapes.get(key) ?? { days: [], start, duration };
    shape.days.push(day);
    shapes.set(key, shape);
  }
  return [...shapes.values()];
}

/** The shape whose stretch holds a slot: what somebody has just painted. */
export function shapeAt(slots: Slots, slot: number): Shape | null {
  const run = runsOf(slots).find(
    ({ first, length }) => (slot - first + slotsPerWeek) % slotsPerWeek < length,
  );
  if (!run) return null;
  const only = new Set(
    Array.from({ length: run.length }, (_, index) => (run.first + index) % slotsPerWeek),
  );
  return shapesOf(only)[0] ?? null;
}

/** How rows are cut out of the week: whole days, or nights from noon to noon. */
export type RowKind = 'day' | 'night';

/** The slot in a row and a column of the grid. */
export function slotIn(rows: RowKind, row: number, column: number): number {
  const shift = rows === 'night' ? slotsPerDay / 2 : 0;
  return (row * slotsPerDay + column + shift) % slotsPerWeek;
}

export interface Cell {
  row: number;
  column: number;
}

/** Paints or clears the block between two cells. */
export function withBlock(
  slots: Slots,
  rows: RowKind,
  one: Cell,
  other: Cell,
  paint: boolean,
): Set<number> {
  const changed = new Set(slots);
  const [top, bottom] = [Math.min(one.row, other.row), Math.max(one.row, other.row)];
  const [left, right] = [Math.min(one.column, other.column), Math.max(one.column, other.column)];
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      const slot = slotIn(rows, row, column);
      if (paint) changed.add(slot);
      else changed.delete(slot);
    }
  }
  return changed;
}

/** Nights suit what goes over midnight. */
export function rowsFor({ start, duration }: Pick<Shape, 'start' | 'duration'>): RowKind {
  const crosses = start + duration > dayMinutes;
  return crosses && start >= dayMinutes / 2 ? 'night' : 'day';
}

/** `22:00`, also for what lies beyond midnight. */
export function clockText(minutes: number): string {
  const within = ((minutes % dayMinutes) + dayMinutes) % dayMinutes;
  const hours = String(Math.floor(within / 60)).padStart(2, '0');
  return `${hours}:${String(within % 60).padStart(2, '0')}`;
}

/** Minutes from midnight; `null` if it is no time of the clock. */
export function minutesOf(clock: string): number | null {
  const match = /^(\d{2}):([0-5]\d)(?::\d{2})?$/.exec(clock);
  if (!match) return null;
  const minutes = Number(match[1]) * 60 + Number(match[2]);
  return minutes < dayMinutes ? minutes : null;
}
