import type {
  MaintenanceAction,
  MaintenanceWindow,
  MaintenanceWindowBatch,
  NewMaintenanceWindow,
  NthWeekday,
  Weekday,
  WindowDefinition,
} from '@/api/types';
import type { ScopeDraft, Typed } from '@/features/policies/policy-rules';
import { clockText, minutesOf, type Shape, shapesOf, slotsOf, weekdays } from './week-shape';

export const maintenanceActions = [
  'update',
  'restart',
  'backup',
] as const satisfies readonly MaintenanceAction[];

export const nths = [
  'first',
  'second',
  'third',
  'fourth',
  'fifth',
  'last',
] as const satisfies readonly NthWeekday[];

export const mostOffsetDays = 27;
export const shortestMinutes = 15;
export const longestMinutes = 7 * 24 * 60;
const longestName = 100;

export interface DurationDraft {
  hours: Typed;
  minutes: Typed;
}

/** What the editor holds. */
export interface WindowDraft extends ScopeDraft {
  name: string;
  enabled: boolean;
  recurrence: 'weekly' | 'monthly';
  days: Weekday[];
  start: string;
  duration: DurationDraft;
  /** What is painted, where one window cannot say it. */
  painted: number[] | null;
  nth: NthWeekday;
  weekday: Weekday;
  offset: Typed;
  /** Empty is the device's own. */
  zone: string;
  actions: MaintenanceAction[];
  validFrom: string;
  validUntil: string;
}

export const windowPresets = ['weeknights', 'weekend', 'patch_days', 'sunday_night'] as const;
export type WindowPreset = (typeof windowPresets)[number];

const all: MaintenanceAction[] = [...maintenanceActions];

export const presetDefinitions: Record<WindowPreset, WindowDefinition> = {
  weeknights: {
    recurrence: { type: 'weekly', days: weekdays.slice(0, 5) },
    start_time: '22:00',
    duration_minutes: 6 * 60,
    actions: all,
  },
  weekend: {
    recurrence: { type: 'weekly', days: ['saturday'] },
    start_time: '06:00',
    duration_minutes: 40 * 60,
    actions: all,
  },
  patch_days: {
    recurrence: { type: 'monthly', nth: 'second', weekday: 'tuesday', offset_days: 2 },
    start_time: '22:00',
    duration_minutes: 6 * 60,
    actions: all,
  },
  sunday_night: {
    recurrence: { type: 'weekly', days: ['sunday'] },
    start_time: '22:00',
    duration_minutes: 6 * 60,
    actions: all,
  },
};

export function emptyWindow(tenant: string): WindowDraft {
  return {
    kind: 'tenant',
    tenant,
    group: '',
    device: null,
    name: '',
    enabled: true,
    recurrence: 'weekly',
    days: [],
    start: '22:00',
    duration: { hours: 4, minutes: 0 },
    painted: null,
    nth: 'second',
    weekday: 'tuesday',
    offset: 0,
    zone: '',
    actions: all,
    validFrom: '',
    validUntil: '',
  };
}

export function durationDraft(minutes: number): DurationDraft {
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}

export function minutesIn({ hours, minutes }: DurationDraft): number {
  return Number(hours) * 60 + Number(minutes);
}

/** The definition as the editor holds it, in place of what the draft says. */
export function withDefinition(draft: WindowDraft, definition: WindowDefinition): WindowDraft {
  const { recurrence } = definition;
  const when: Partial<WindowDraft> =
    recurrence.type === 'weekly'
      ? { recurrence: 'weekly', days: [...recurrence.days] }
      : {
          recurrence: 'monthly',
          nth: recurrence.nth,
          weekday: recurrence.weekday,
          offset: recurrence.offset_days ?? 0,
        };
  return {
    ...draft,
    ...when,
    start: definition.start_time.slice(0, 5),
    duration: durationDraft(definition.duration_minutes),
    painted: null,
    zone: definition.time_zone ?? '',
    actions: [...definition.actions],
    validFrom: definition.valid_from ?? '',
    validUntil: definition.valid_until ?? '',
  };
}

export function draftOfWindow(window: MaintenanceWindow): WindowDraft {
  const { kind, group_id, device_id, name } = window.scope;
  const draft: WindowDraft = {
    ...emptyWindow(window.tenant_id),
    kind,
    group: group_id ?? '',
    device: device_id ? { id: device_id, name: name ?? '' } : null,
    name: window.name,
    enabled: window.enabled,
  };
  return withDefinition(draft, window.definition);
}

/** What the draft says of a week; `null` while that cannot be read. */
export function shapeOf(draft: WindowDraft): Shape | null {
  const start = minutesOf(draft.start);
  const duration = minutesIn(draft.duration);
  if (start === null || durationProblem(draft) !== null) return null;
  return { days: draft.days, start, duration };
}

/** The painted half hours: as painted, or as the fields say. */
export function slotsOfDraft(draft: WindowDraft): Set<number> {
  if (draft.painted) return new Set(draft.painted);
  const shape = shapeOf(draft);
  return shape ? slotsOf(shape) : new Set();
}

/** What painting does to the draft: fields where one window says it, the bare painting otherwise. */
export function paintedChange(slots: ReadonlySet<number>): Partial<WindowDraft> {
  const shapes = shapesOf(slots);
  const [shape] = shapes;
  if (!shape) return { days: [], painted: null };
  if (shapes.length > 1) return { painted: [...slots].toSorted((one, other) => one - other) };
  return fieldsOf(shape);
}

/** Opens on one day more or less, with the block that the first of the others has. */
export function dayToggled(draft: WindowDraft, day: Weekday): Partial<WindowDraft> {
  if (!draft.painted) {
    const days = draft.days.includes(day)
      ? draft.days.filter((other) => other !== day)
      : weekdays.filter((other) => other === day || draft.days.includes(other));
    return { days };
  }
  const shapes = shapesOf(new Set(draft.painted));
  const changed = shapes.some(({ days }) => days.includes(day))
    ? shapes.map((shape) => ({ ...shape, days: shape.days.filter((other) => other !== day) }))
    : shapes.map((shape, index) =>
        index === 0 ? { ...shape, days: [...shape.days, day] } : shape,
      );
  return paintedChange(new Set(changed.flatMap((shape) => [...slotsOf(shape)])));
}

/** On which days the draft opens, also where the painting makes several windows. */
export function openDays(draft: WindowDraft): Weekday[] {
  if (!draft.painted) return draft.days;
  const shapes = shapesOf(new Set(draft.painted));
  return weekdays.filter((day) => shapes.some(({ days }) => days.includes(day)));
}

/** The fields that say one shape. */
export function fieldsOf({ days, start, duration }: Shape) {
  return {
    days,
    start: clockText(start),
    duration: durationDraft(duration),
    painted: null,
  } satisfies Partial<WindowDraft>;
}

/** The shapes that saving makes windows of; more than one where the painting needs it. */
export function shapesOfDraft(draft: WindowDraft): Shape[] {
  return draft.recurrence === 'weekly' && draft.painted ? shapesOf(new Set(draft.painted)) : [];
}

export function definitionOf(draft: WindowDraft): WindowDefinition {
  return {
    recurrence:
      draft.recurrence === 'weekly'
        ? { type: 'weekly', days: weekdays.filter((day) => draft.days.includes(day)) }
        : {
            type: 'monthly',
            nth: draft.nth,
            weekday: draft.weekday,
            offset_days: Number(draft.offset),
          },
    start_time: draft.start,
    duration_minutes: minutesIn(draft.duration),
    time_zone: draft.zone === '' ? null : draft.zone,
    actions: maintenanceActions.filter((action) => draft.actions.includes(action)),
    valid_from: draft.validFrom === '' ? null : draft.validFrom,
    valid_until: draft.validUntil === '' ? null : draft.validUntil,
  };
}

export function scopeIds(draft: ScopeDraft) {
  return {
    group_id: draft.kind === 'group' ? draft.group : null,
    device_id: draft.kind === 'device' ? (draft.device?.id ?? null) : null,
  };
}

/** The windows that saving the draft makes: one, or as many as the painting needs. */
export function newWindowsOf(draft: WindowDraft): NewMaintenanceWindow[] {
  const shapes = shapesOfDraft(draft);
  const drafts =
    shapes.length === 0
      ? [draft]
      : shapes.map((shape, index) => ({
          ...draft,
          ...fieldsOf(shape),
          name: index === 0 ? draft.name : `${draft.name.trim()} (${index + 1})`,
        }));
  return drafts.map((one) => ({
    tenant_id: one.tenant,
    ...scopeIds(one),
    name: one.name.trim(),
    enabled: one.enabled,
    definition: definitionOf(one),
  }));
}

/** What a painting makes that needs several windows; the first is the one that is changed. */
export function batchOf(
  draft: WindowDraft,
  changed: Pick<MaintenanceWindow, 'id' | 'version'> | null,
): MaintenanceWindowBatch {
  const windows = newWindowsOf(draft).map(({ name, enabled, definition }, index) => ({
    ...(index === 0 && changed ? { id: changed.id, version: changed.version } : {}),
    name,
    enabled,
    definition,
  }));
  return { tenant_id: draft.tenant, ...scopeIds(draft), windows };
}

/** Also whether the names that a painting makes of it are not too long. */
export function namesProblem(draft: WindowDraft) {
  return nameProblem(draft.name) ?? nameProblem(newWindowsOf(draft).at(-1)?.name ?? draft.name);
}

export function nameProblem(name: string) {
  if (name.trim() === '') return 'maintenance.name_missing';
  return [...name.trim()].length > longestName ? 'maintenance.name_long' : null;
}

export function daysProblem(draft: WindowDraft) {
  if (draft.recurrence !== 'weekly' || draft.painted) return null;
  return draft.days.length === 0 ? 'maintenance.days_missing' : null;
}

export function startProblem(draft: WindowDraft) {
  return minutesOf(draft.start) === null ? 'maintenance.start_missing' : null;
}

export function durationProblem({ duration }: Pick<WindowDraft, 'duration'>) {
  const { hours, minutes } = duration;
  const whole = [hours, minutes].every((part) => Number.isInteger(Number(part)));
  const length = minutesIn(duration);
  const within = length >= shortestMinutes && length <= longestMinutes;
  return whole && within ? null : 'maintenance.duration_wrong';
}

export function offsetProblem(draft: WindowDraft) {
  if (draft.recurrence !== 'monthly') return null;
  const { offset } = draft;
  const within = offset !== '' && Number.isInteger(offset) && offset >= 0;
  return within && offset <= mostOffsetDays ? null : 'maintenance.offset_wrong';
}

export function actionsProblem({ actions }: { actions: readonly MaintenanceAction[] }) {
  return actions.length === 0 ? 'maintenance.actions_missing' : null;
}

export function validityProblem({ validFrom, validUntil }: WindowDraft) {
  if (validFrom === '' || validUntil === '') return null;
  return validUntil < validFrom ? 'maintenance.validity_wrong' : null;
}

/** Whether the definition can be asked about, whatever is still missing beside it. */
export function isDefinitionSound(draft: WindowDraft): boolean {
  const checks = [
    daysProblem,
    startProblem,
    durationProblem,
    offsetProblem,
    actionsProblem,
    validityProblem,
  ];
  return checks.every((check) => check(draft) === null);
}

/** What the address of a new window holds. */
export interface NewWindowSearch {
  preset?: WindowPreset;
  group?: string;
  device?: string;
  /** The window to copy from. */
  copy?: string;
}
