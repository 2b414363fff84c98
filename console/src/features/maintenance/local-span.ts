import type { TFunction } from 'i18next';
import type { LocalSpan } from '@/api/types';
import type { Format } from '@/util/format';

/** “UTC+01:00”, as the end of a local time says it. */
export function offsetOf(local: string): string {
  const match = /(Z|[+-]\d{2}:\d{2})$/.exec(local);
  const offset = match?.[1] ?? 'Z';
  return offset === 'Z' || offset === '+00:00' ? 'UTC' : `UTC${offset.replace('-', '−')}`;
}

/** Whether the clocks change between its start and its end. */
export function changesWithin({ local_starts_at, local_ends_at }: LocalSpan): boolean {
  return local_ends_at != null && offsetOf(local_starts_at) !== offsetOf(local_ends_at);
}

/** The time of the clock in a local time. */
export function clockOf(local: string): string {
  return local.slice(11, 16);
}

const dayMs = 86_400_000;

/** The first and the last day of a span that begins and ends with a midnight. */
function wholeDays({ local_starts_at: start, local_ends_at: end }: LocalSpan) {
  if (end == null || clockOf(start) !== '00:00' || clockOf(end) !== '00:00') return null;
  const last = new Date(Date.parse(`${end.slice(0, 10)}T00:00Z`) - dayMs);
  return { first: start.slice(0, 10), last: last.toISOString().slice(0, 10) };
}

/** “Sun, Dec 20 – Wed, Jan 6, 2027”: a blackout's days, both of them included. */
export function blackoutSpanText(t: TFunction, format: Format, span: LocalSpan): string {
  const days = wholeDays(span);
  if (!days) return spanText(t, format, span);
  const { first, last } = days;
  if (first === last) return format.weekdayOfYear(first);
  const sameYear = first.slice(0, 4) === last.slice(0, 4);
  return `${sameYear ? format.weekday(first) : format.weekdayOfYear(first)} – ${format.weekdayOfYear(last)}`;
}

/** “Thu, Nov 26, 22:00 – 04:00”; the second day where it ends later than the morning after. */
export function spanText(
  t: TFunction,
  format: Format,
  { local_starts_at: start, local_ends_at: end }: LocalSpan,
): string {
  const from = format.moment(start);
  if (end == null) return t('maintenance.why.endless', { from });
  const hours = (Date.parse(`${end.slice(0, 16)}Z`) - Date.parse(`${start.slice(0, 16)}Z`)) / 3.6e6;
  return `${from} – ${hours < 24 ? clockOf(end) : format.moment(end)}`;
}
