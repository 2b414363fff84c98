import type {
  Blackout,
  BlackoutDefinition,
  LocalSpan,
  MaintenanceAction,
  NewBlackout,
} from '@/api/types';
import type { ScopeDraft, Typed } from '@/features/policies/policy-rules';
import { actionsProblem, maintenanceActions, scopeIds } from './window-rules';

export interface DayOfYear {
  month: number;
  day: Typed;
}

export const periodKinds = ['once', 'yearly', 'monthly'] as const;
export type PeriodKind = (typeof periodKinds)[number];

/** What the editor holds. */
export interface BlackoutDraft extends ScopeDraft {
  name: string;
  period: PeriodKind;
  /** As typed, on the reader's wall clock. */
  from: string;
  until: string;
  first: DayOfYear;
  last: DayOfYear;
  firstDay: Typed;
  lastDay: Typed;
  zone: string;
  actions: MaintenanceAction[];
}

export const blackoutPresets = ['tax_days', 'year_end'] as const;
export type BlackoutPreset = (typeof blackoutPresets)[number];

export const presetBlackouts: Record<BlackoutPreset, BlackoutDefinition> = {
  tax_days: {
    period: { type: 'monthly', first_day: 20, last_day: 25 },
    actions: [...maintenanceActions],
  },
  year_end: {
    period: { type: 'yearly', first: '12-20', last: '01-06' },
    actions: [...maintenanceActions],
  },
};

export function emptyBlackout(tenant: string): BlackoutDraft {
  return {
    kind: 'tenant',
    tenant,
    group: '',
    device: null,
    name: '',
    period: 'once',
    from: '',
    until: '',
    first: { month: 12, day: 20 },
    last: { month: 1, day: 6 },
    firstDay: 20,
    lastDay: 25,
    zone: '',
    actions: [...maintenanceActions],
  };
}

function padded(value: number): string {
  return String(value).padStart(2, '0');
}

/** An instant as the field for a date and a time holds it. */
export function typedInstant(at: string): string {
  const instant = new Date(at);
  const date = [instant.getFullYear(), padded(instant.getMonth() + 1), padded(instant.getDate())];
  return `${date.join('-')}T${padded(instant.getHours())}:${padded(instant.getMinutes())}`;
}

function dayOfYear(text: string): DayOfYear {
  const [month, day] = text.split('-').map(Number);
  return { month: month ?? 1, day: day ?? 1 };
}

export function withBlackout(draft: BlackoutDraft, definition: BlackoutDefinition): BlackoutDraft {
  const { period } = definition;
  const values: BlackoutDraft = {
    ...draft,
    period: period.type,
    zone: definition.time_zone ?? '',
    actions: [...(definition.actions ?? maintenanceActions)],
  };
  if (period.type === 'once') {
    return { ...values, from: typedInstant(period.from), until: typedInstant(period.until) };
  }
  if (period.type === 'yearly') {
    return { ...values, first: dayOfYear(period.first), last: dayOfYear(period.last) };
  }
  return { ...values, firstDay: period.first_day, lastDay: period.last_day };
}

export function draftOfBlackout(blackout: Blackout): BlackoutDraft {
  const { kind, group_id, device_id, name } = blackout.scope;
  const draft: BlackoutDraft = {
    ...emptyBlackout(blackout.tenant_id),
    kind,
    group: group_id ?? '',
    device: device_id ? { id: device_id, name: name ?? '' } : null,
    name: blackout.name,
  };
  return withBlackout(draft, blackout.definition);
}

function monthDay({ month, day }: DayOfYear): string {
  return `${padded(month)}-${padded(Number(day))}`;
}

function periodOf(draft: BlackoutDraft): BlackoutDefinition['period'] {
  if (draft.period === 'once') {
    const instant = (typed: string) => new Date(typed).toISOString();
    return { type: 'once', from: instant(draft.from), until: instant(draft.until) };
  }
  if (draft.period === 'yearly') {
    return { type: 'yearly', first: monthDay(draft.first), last: monthDay(draft.last) };
  }
  return {
    type: 'monthly',
    first_day: Number(draft.firstDay),
    last_day: Number(draft.lastDay),
  };
}

/** Only of a draft without problems. */
export function blackoutDefinition(draft: BlackoutDraft): BlackoutDefinition {
  return {
    period: periodOf(draft),
    // Instants are the same everywhere.
    time_zone: draft.zone === '' || draft.period === 'once' ? null : draft.zone,
    actions: maintenanceActions.filter((action) => draft.actions.includes(action)),
  };
}

export function newBlackoutOf(draft: BlackoutDraft): NewBlackout {
  return {
    tenant_id: draft.tenant,
    ...scopeIds(draft),
    name: draft.name.trim(),
    definition: blackoutDefinition(draft),
  };
}

export function fromProblem({ period, from, until }: BlackoutDraft) {
  if (period !== 'once') return null;
  return from === '' || until === '' ? 'maintenance.blackouts.span_missing' : null;
}

export function untilProblem({ period, from, until }: BlackoutDraft) {
  if (period !== 'once' || from === '' || until === '') return null;
  return Date.parse(until) <= Date.parse(from) ? 'maintenance.blackouts.span_wrong' : null;
}

/** The 29th of February counts: it has its meaning in every year. */
export function yearDayProblem(period: PeriodKind, { month, day }: DayOfYear) {
  if (period !== 'yearly') return null;
  const last = new Date(2024, month, 0).getDate();
  const within = day !== '' && Number.isInteger(day) && day >= 1 && day <= last;
  return within ? null : 'maintenance.blackouts.date_wrong';
}

export function monthDayProblem(period: PeriodKind, day: Typed) {
  if (period !== 'monthly') return null;
  const within = day !== '' && Number.isInteger(day) && day >= 1 && day <= 31;
  return within ? null : 'maintenance.blackouts.day_wrong';
}

/** Whether yearly days go over New Year. */
export function wraps({ period, first, last }: BlackoutDraft): boolean {
  return period === 'yearly' && monthDay(last) < monthDay(first);
}

export function isBlackoutSound(draft: BlackoutDraft): boolean {
  const { period } = draft;
  const problems = [
    fromProblem(draft),
    untilProblem(draft),
    yearDayProblem(period, draft.first),
    yearDayProblem(period, draft.last),
    monthDayProblem(period, draft.firstDay),
    monthDayProblem(period, draft.lastDay),
    actionsProblem(draft),
  ];
  return problems.every((problem) => problem === null);
}

/** The local dates that a span touches, as `YYYY-MM-DD`; its end is not part of it. */
export function datesOf({ local_starts_at, local_ends_at }: LocalSpan): string[] {
  const first = new Date(`${local_starts_at.slice(0, 10)}T00:00:00Z`);
  const end = local_ends_at ?? local_starts_at;
  const last = new Date(`${end.slice(0, 10)}T00:00:00Z`);
  const atMidnight = end.slice(11, 19) === '00:00:00' && end !== local_starts_at;
  const dates: string[] = [];
  for (let day = first.getTime(); day <= last.getTime(); day += 86_400_000) {
    if (day === last.getTime() && atMidnight && dates.length > 0) break;
    dates.push(new Date(day).toISOString().slice(0, 10));
  }
  return dates.slice(0, 400);
}

/** What the address of a new blackout holds. */
export interface NewBlackoutSearch {
  preset?: BlackoutPreset;
}
