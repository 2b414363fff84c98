import type { TFunction } from 'i18next';
import type {
  BlackoutDefinition,
  MaintenanceAction,
  ScopeReference,
  WindowDefinition,
} from '@/api/types';
import type { Format } from '@/util/format';
import { weekdays } from './week-shape';
import { maintenanceActions, nths } from './window-rules';
import { actionsText, periodText, recurrenceText, scopeLabel } from './window-words';

/** “group Servers”, as the audit keeps it. */
function scopeOf(value: string): ScopeReference | null {
  if (value === 'tenant') return { kind: 'tenant' };
  const [, kind, name] = /^(group|device) (.+)$/.exec(value) ?? [];
  return kind === 'group' || kind === 'device' ? { kind, name } : null;
}

/** “weekly monday, friday”, “monthly second tuesday +2”. */
function recurrenceOf(value: string): WindowDefinition['recurrence'] | null {
  const [, listed] = /^weekly (.+)$/.exec(value) ?? [];
  if (listed) {
    const names = listed.split(', ');
    return { type: 'weekly', days: weekdays.filter((day) => names.includes(day)) };
  }
  const [, which, name, offset = '0'] = /^monthly (\w+) (\w+)(?: \+(\d+))?$/.exec(value) ?? [];
  const nth = nths.find((known) => known === which);
  const weekday = weekdays.find((known) => known === name);
  if (!nth || !weekday) return null;
  return { type: 'monthly', nth, weekday, offset_days: Number(offset) };
}

/** “once 2026-…Z 2026-…Z”, “yearly 12-20 01-06”, “monthly 20 25”. */
function periodOf(value: string): BlackoutDefinition['period'] | null {
  const [type, first, last, ...more] = value.split(' ');
  if (!first || !last || more.length > 0) return null;
  const isInstant = !Number.isNaN(Date.parse(first)) && !Number.isNaN(Date.parse(last));
  if (type === 'once' && isInstant) return { type, from: first, until: last };
  const monthDay = /^\d{2}-\d{2}$/;
  if (type === 'yearly' && monthDay.test(first) && monthDay.test(last)) {
    return { type, first, last };
  }
  const day = /^\d{1,2}$/;
  if (type === 'monthly' && day.test(first) && day.test(last)) {
    return { type, first_day: Number(first), last_day: Number(last) };
  }
  return null;
}

function actionsOf(value: string): MaintenanceAction[] | null {
  const names = value.split(', ');
  const known = maintenanceActions.filter((action) => names.includes(action));
  return known.length === names.length ? known : null;
}

/** What the audit says of windows and blackouts, in words; `null` for what is none of that. */
export function maintenanceDetailText(
  t: TFunction,
  format: Format,
  { name, value }: { name: string; value: string },
): string | null {
  if (name === 'scope') {
    const scope = scopeOf(value);
    return scope && scopeLabel(t, scope);
  }
  if (name === 'recurrence') {
    const recurrence = recurrenceOf(value);
    return recurrence && recurrenceText(t, format, recurrence);
  }
  if (name === 'period') {
    const period = periodOf(value);
    return period && periodText(t, format, period, format.dateTime);
  }
  if (name === 'actions') {
    const actions = actionsOf(value);
    return actions && actionsText(t, format, actions);
  }
  return null;
}
