import type { BlackoutDefinition, LocalSpan, WindowDefinition } from '../src/api/types.ts';

const minute = 60_000;
const day = 86_400_000;
const names = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const nths = ['first', 'second', 'third', 'fourth', 'fifth'];

export interface Span {
  from: number;
  to: number;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function wallAt(at: number, zone: string): string {
  const clock =
    clocks.get(zone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  clocks.set(zone, clock);
  return clock.format(new Date(at)).replace(' ', 'T');
}

export function offsetAt(at: number, zone: string): number {
  const whole = Math.floor(at / 1_000) * 1_000;
  return Math.round((Date.parse(`${wallAt(whole, zone)}Z`) - whole) / minute);
}

/** The instant of a local date and time; roughly right in the hour of a clock change. */
function instantOf(date: number, minutes: number, zone: string): number {
  const wall = date + minutes * minute;
  const guess = wall - offsetAt(wall, zone) * minute;
  return wall - offsetAt(guess, zone) * minute;
}

export function localText(at: number, zone: string): string {
  const offset = offsetAt(at, zone);
  const size = Math.abs(offset);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${wallAt(at, zone)}${offset < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`;
}

export function localSpan({ from, to }: Span, zone: string): LocalSpan {
  return {
    starts_at: new Date(from).toISOString(),
    ends_at: new Date(to).toISOString(),
    local_starts_at: localText(from, zone),
    local_ends_at: localText(to, zone),
  };
}

/** Midnights, as if they were in UTC, of the local days around. */
function datesFrom(from: number, days: number, zone: string): number[] {
  const first = Date.parse(`${wallAt(from, zone).slice(0, 10)}T00:00:00Z`);
  return Array.from({ length: days + 8 }, (_, index) => first + (index - 8) * day);
}

function opensOn(date: number, { recurrence }: WindowDefinition): boolean {
  const weekday = names[new Date(date).getUTCDay()];
  if (recurrence.type === 'weekly') {
    return recurrence.days.some((name) => name === weekday);
  }
  const anchor = date - (recurrence.offset_days ?? 0) * day;
  const on = new Date(anchor);
  if (names[on.getUTCDay()] !== recurrence.weekday) return false;
  if (recurrence.nth === 'last') {
    return new Date(anchor + 7 * day).getUTCMonth() !== on.getUTCMonth();
  }
  return nths[Math.floor((on.getUTCDate() - 1) / 7)] === recurrence.nth;
}

/** The spans of a window that end after an instant, within so many days. */
export function windowSpans(
  definition: WindowDefinition,
  zone: string,
  from: number,
  days: number,
): Span[] {
  const [hours = 0, minutes = 0] = definition.start_time.split(':').map(Number);
  const text = (date: number) => new Date(date).toISOString().slice(0, 10);
  return datesFrom(from, days, zone)
    .filter((date) => opensOn(date, definition))
    .filter(
      (date) =>
        (!definition.valid_from || text(date) >= definition.valid_from) &&
        (!definition.valid_until || text(date) <= definition.valid_until),
    )
    .map((date) => {
      const start = instantOf(date, hours * 60 + minutes, zone);
      return { from: start, to: start + definition.duration_minutes * minute };
    })
    .filter(({ to }) => to > from);
}

function isOut(date: number, period: BlackoutDefinition['period']): boolean {
  const text = new Date(date).toISOString();
  if (period.type === 'yearly') {
    const now = text.slice(5, 10);
    return period.first <= period.last
      ? now >= period.first && now <= period.last
      : now >= period.first || now <= period.last;
  }
  if (period.type === 'once') return false;
  const number = new Date(date).getUTCDate();
  return period.first_day <= period.last_day
    ? number >= period.first_day && number <= period.last_day
    : number >= period.first_day || number <= period.last_day;
}

/** The spans of a blackout that end after an instant, within a year and a month. */
export function blackoutSpans({ period }: BlackoutDefinition, zone: string, from: number): Span[] {
  if (period.type === 'once') {
    const span = { from: Date.parse(period.from), to: Date.parse(period.until) };
    return span.to > from ? [span] : [];
  }
  const spans: Span[] = [];
  const first = datesFrom(from, 0, zone)[0] ?? 0;
  for (let date = first - 40 * day; date < first + 400 * day; date += day) {
    if (!isOut(date, period)) continue;
    const last = spans.at(-1);
    const span = { from: instantOf(date, 0, zone), to: instantOf(date + day, 0, zone) };
    if (last && last.to === span.from) last.to = span.to;
    else spans.push(span);
  }
  // What goes on beyond the horizon would end with it.
  const horizon = instantOf(first + 400 * day, 0, zone);
  return spans.filter(({ to }) => to > from && to < horizon);
}

/** The spans joined where they touch. */
export function union(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of spans.toSorted((one, other) => one.from - other.from)) {
    const last = joined.at(-1);
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else joined.push({ ...span });
  }
  return joined;
}

/** What is left of the spans without the others. */
export function without(spans: readonly Span[], others: readonly Span[]): Span[] {
  return others.reduce<Span[]>(
    (left, other) =>
      left.flatMap(({ from, to }) =>
        [
          ...(other.from > from ? [{ from, to: Math.min(to, other.from) }] : []),
          ...(other.to < to ? [{ from: Math.max(from, other.to), to }] : []),
        ].filter((part) => part.to > part.from),
      ),
    [...spans],
  );
}
