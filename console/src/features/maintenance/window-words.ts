import type { TFunction } from 'i18next';
import type {
  BlackoutDefinition,
  MaintenanceAction,
  ScopeReference,
  Weekday,
  WindowDefinition,
} from '@/api/types';
import type { Format } from '@/util/format';
import { clockText, type Shape, weekdays } from './week-shape';
import { maintenanceActions } from './window-rules';

/** Capitals begin a sentence in every language that the console speaks. */
export function sentence(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

/** “4 h”, “1 h 30 min”, “2 days”. */
export function durationText(t: TFunction, minutes: number): string {
  if (minutes >= 1440 && minutes % 1440 === 0) {
    return t('maintenance.duration.days', { count: minutes / 1440 });
  }
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const parts = [
    hours > 0 && t('maintenance.duration.hours', { hours }),
    rest > 0 && t('maintenance.duration.minutes', { minutes: rest }),
  ];
  return parts.filter(Boolean).join(' ');
}

/** Whether the days follow one another in one week. */
function isRange(days: readonly Weekday[]): boolean {
  const first = days[0] ? weekdays.indexOf(days[0]) : 0;
  return days.every((day, index) => weekdays.indexOf(day) === first + index);
}

/** “Tuesdays and Thursdays”, “Mondays to Fridays”, “every day”. */
export function daysText(t: TFunction, format: Format, chosen: readonly Weekday[]): string {
  const days = weekdays.filter((day) => chosen.includes(day));
  const [first, ...others] = days;
  const last = days.at(-1);
  if (!first || !last) return t('maintenance.days.none');
  if (days.length === 7) return t('maintenance.days.every');
  if (days.length > 2 && isRange(days)) {
    return t('maintenance.days.range', {
      first: t(`maintenance.days.bound.${first}`),
      last: t(`maintenance.days.bound.${last}`),
    });
  }
  return format.list([
    t(`maintenance.days.on.${first}`),
    ...others.map((day) => t(`maintenance.days.also.${day}`)),
  ]);
}

/** Polish says “drugi wtorek” and “druga środa”. */
function genderOf(day: Weekday): 'm' | 'f' {
  return day === 'wednesday' || day === 'saturday' || day === 'sunday' ? 'f' : 'm';
}

/** “the second Tuesday of the month”, “2 days after the second Tuesday of the month”. */
function monthlyText(
  t: TFunction,
  recurrence: Extract<WindowDefinition['recurrence'], { type: 'monthly' }>,
): string {
  const { nth, weekday } = recurrence;
  const offset = recurrence.offset_days ?? 0;
  const gender = genderOf(weekday);
  if (offset === 0) {
    return t('maintenance.monthly.on', {
      nth: t(`maintenance.monthly.nth_on.${nth}_${gender}`),
      day: t(`maintenance.monthly.day_on.${weekday}`),
    });
  }
  return t('maintenance.monthly.after', {
    count: offset,
    nth: t(`maintenance.monthly.nth_after.${nth}_${gender}`),
    day: t(`maintenance.monthly.day_after.${weekday}`),
  });
}

export function zoneText(t: TFunction, zone: string | null | undefined): string {
  return zone
    ? t('maintenance.zone_of', { zone: zone.replaceAll('_', ' ') })
    : t('maintenance.zone_device');
}

/** “Tuesdays and Thursdays”, “the second Tuesday of the month”. */
export function recurrenceText(
  t: TFunction,
  format: Format,
  recurrence: WindowDefinition['recurrence'],
): string {
  return recurrence.type === 'weekly'
    ? daysText(t, format, recurrence.days)
    : monthlyText(t, recurrence);
}

/** “Tuesdays and Thursdays, 22:00 for 4 h, device time”. */
export function windowSentence(t: TFunction, format: Format, definition: WindowDefinition): string {
  const { recurrence, start_time, duration_minutes, time_zone } = definition;
  return sentence(
    t('maintenance.sentence', {
      days: recurrenceText(t, format, recurrence),
      time: start_time.slice(0, 5),
      duration: durationText(t, duration_minutes),
      zone: zoneText(t, time_zone),
    }),
  );
}

/** One of the windows that a painting makes. */
export function shapeSentence(
  t: TFunction,
  format: Format,
  { days, start, duration }: Shape,
): string {
  return sentence(
    t('maintenance.sentence_short', {
      days: daysText(t, format, days),
      time: clockText(start),
      duration: durationText(t, duration),
    }),
  );
}

/** “in force from 1 Dec 2026 until 31 Jan 2027”; `null` without dates. */
export function validityText(
  t: TFunction,
  format: Format,
  { valid_from, valid_until }: WindowDefinition,
): string | null {
  const from = valid_from && format.date(`${valid_from}T12:00:00`);
  const until = valid_until && format.date(`${valid_until}T12:00:00`);
  if (from && until) return t('maintenance.valid_between', { from, until });
  if (from) return t('maintenance.valid_from_day', { from });
  return until ? t('maintenance.valid_until_day', { until }) : null;
}

export function actionsText(
  t: TFunction,
  format: Format,
  actions: readonly MaintenanceAction[],
): string {
  return format.list(
    maintenanceActions
      .filter((action) => actions.includes(action))
      .map((action) => t(`maintenance.actions.${action}`)),
  );
}

function dayOfYear(format: Format, monthDay: string): string {
  return format.dayOfYear(`2024-${monthDay}`);
}

/** “every year from 20 Dec to 6 Jan”, “every month from day 20 to day 25”. */
export function periodText(
  t: TFunction,
  format: Format,
  period: BlackoutDefinition['period'],
  at: (instant: string) => string,
): string {
  if (period.type === 'once') {
    return t('maintenance.blackout.once', { from: at(period.from), until: at(period.until) });
  }
  if (period.type === 'yearly') {
    const first = dayOfYear(format, period.first);
    const last = dayOfYear(format, period.last);
    return first === last
      ? t('maintenance.blackout.yearly_day', { first })
      : t('maintenance.blackout.yearly', { first, last });
  }
  const { first_day: first, last_day: last } = period;
  return first === last
    ? t('maintenance.blackout.monthly_day', { first })
    : t('maintenance.blackout.monthly', { first, last });
}

/** The same with the zone whose clock counts. */
export function blackoutSentence(
  t: TFunction,
  format: Format,
  { period, time_zone }: BlackoutDefinition,
  shownZone: string,
): string {
  const zone = period.type === 'once' ? (time_zone ?? shownZone) : time_zone;
  const when = periodText(t, format, period, (at) => format.moment(at, time_zone ?? shownZone));
  return sentence(`${when}, ${zoneText(t, zone)}`);
}

/** Whose it is: “All devices”, “Group Tills”, “Device PC-1”. */
export function scopeLabel(t: TFunction, scope: ScopeReference): string {
  return scope.kind === 'tenant'
    ? t('policies.all_devices')
    : t(`policies.scope.${scope.kind}`, { name: scope.name ?? '?' });
}
