import type { TFunction } from 'i18next';
import type { MaintenanceAction, ScopeReference, WindowDefinition } from '@/api/types';
import type { Format } from '@/util/format';
import { weekdays } from './week-shape';
import { maintenanceActions, nths } from './window-rules';
import { actionsText, recurrenceText, scopeLabel } from './window-words';

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
  if (name === 'actions') {
    const actions = actionsOf(value);
    return actions && actionsText(t, format, actions);
  }
  return null;
}
