import type {
  ActionKind,
  Allowed,
  Device,
  DeviceFilter,
  DeviceReference,
  UpdateCategory,
  When,
} from '@/api/types';

/** On which devices: named ones, or whatever matches a filter at the moment of asking. */
export type ActionTarget =
  | { type: 'devices'; devices: readonly Device[] }
  /** Devices that were already sorted out, and why the others are left out. */
  | { type: 'sorted'; devices: readonly DeviceReference[]; skipped: Skipped | null }
  | { type: 'matching'; filter: DeviceFilter };

export interface Skipped {
  count: number;
  reason: string;
}

export interface ActionIntent {
  kind: ActionKind;
  target: ActionTarget;
  /** Only these updates; without it, all that are pending. */
  updateKeys?: readonly string[];
  /** What to call them, where they are one update with different keys on different devices. */
  updateTitle?: string;
  /** Whether the dialogue begins with the choice of categories. */
  byCategory?: boolean;
}

/** What a menu asks for: an action, or an installation by category. */
export interface Wish {
  kind: ActionKind;
  byCategory?: boolean;
}

/** Which of the pending updates: all, or those of some categories. */
export interface UpdateChoice {
  byCategory: boolean;
  categories: readonly UpdateCategory[];
}

export function isChoiceMissing({ byCategory, categories }: UpdateChoice): boolean {
  return byCategory && categories.length === 0;
}

export function allowedFor(device: Device, kind: ActionKind): Allowed {
  if (kind === 'scan') return device.can.scan;
  return kind === 'install_updates' ? device.can.install : device.can.restart;
}

export interface Split {
  able: readonly Device[];
  left: readonly Device[];
  /** Why the first of those left out cannot take part. */
  reason: string | null;
}

export function splitByAbility(devices: readonly Device[], kind: ActionKind): Split {
  const able = devices.filter((device) => allowedFor(device, kind).allowed);
  const left = devices.filter((device) => !allowedFor(device, kind).allowed);
  const first = left[0];
  return { able, left, reason: first ? (allowedFor(first, kind).reason ?? 'forbidden') : null };
}

/** A filter narrowed to the devices on which the action has something to do. */
export function narrowFilter(filter: DeviceFilter, kind: ActionKind): DeviceFilter {
  if (kind === 'restart') return { ...filter, restart: 'required' };
  if (kind === 'install_updates') return { ...filter, updates: 'pending' };
  return filter;
}

export type WhenChoice = When['type'];

/** What a restart leaves to the people at the machine. */
export interface Courtesy {
  delayMinutes: number;
  /** How often they may put it off; 0 is not at all. */
  mostPostponements: number;
  postponeMinutes: number;
}

export interface Schedule extends Courtesy {
  choice: WhenChoice;
  /** As typed into the date and time field, on the reader's wall clock. */
  at: string;
  /** Until when a device that is offline may catch up, counted from the beginning. */
  deadlineHours: number | null;
}

export const deadlines = [null, 4, 24, 72, 168, 720] as const;

export const delays = [0, 5, 10, 15, 30, 60] as const;

export const postponementNumbers = [0, 1, 2, 3, 5, 10] as const;

export const postponementLengths = [5, 10, 15, 30, 60, 120, 240] as const;

export const standardCourtesy: Courtesy = {
  delayMinutes: 15,
  mostPostponements: 2,
  postponeMinutes: 30,
};

export const standardSchedule: Schedule = {
  ...standardCourtesy,
  choice: 'now',
  at: '',
  deadlineHours: null,
};

/** What a restart is asked for with, beside when. */
export function restartTerms(courtesy: Courtesy) {
  const { delayMinutes, mostPostponements, postponeMinutes } = courtesy;
  return {
    delay_minutes: delayMinutes,
    postponements:
      mostPostponements > 0 ? { most: mostPostponements, minutes: postponeMinutes } : undefined,
  };
}

export function scheduleProblem(schedule: Schedule, now: number): 'at_missing' | 'at_past' | null {
  if (schedule.choice !== 'at') return null;
  const instant = Date.parse(schedule.at);
  if (Number.isNaN(instant)) return 'at_missing';
  return instant <= now ? 'at_past' : null;
}

export function whenOf(schedule: Schedule): When {
  if (schedule.choice !== 'at') return { type: schedule.choice };
  return { type: 'at', at: new Date(schedule.at).toISOString() };
}

/** The latest time to begin, which lies behind the beginning whatever that is. */
export function deadlineOf(schedule: Schedule, now: number): string | undefined {
  if (schedule.deadlineHours === null) return undefined;
  const begins = schedule.choice === 'at' ? Date.parse(schedule.at) : now;
  return new Date(begins + schedule.deadlineHours * 3_600_000).toISOString();
}
