import type { TFunction } from 'i18next';
import type { MaintenanceExplanation } from '@/api/types';
import type { Tone } from '@/components/state-badge';
import { type Format, isTimeZone } from '@/util/format';
import { durationText, scopeLabel } from './window-words';

type Window = MaintenanceExplanation['windows'][number];
type Blackout = MaintenanceExplanation['blackouts'][number];
type Blocker = MaintenanceExplanation['blockers'][number];

/** Says an instant on the device's clock. */
export type DeviceClock = (at: string) => string;

export function deviceClock(format: Format, zone: string): DeviceClock {
  const known = isTimeZone(zone);
  return (at) => (known ? format.moment(at, zone) : format.dateTime(at));
}

function quoted(t: TFunction, format: Format, things: readonly { name: string }[]): string {
  return format.list(things.map(({ name }) => t('maintenance.why.name', { name })));
}

/** The latest of several ends: of windows that are open together the last one counts. */
function latest(ends: readonly (string | null | undefined)[]): string | null {
  const known = ends.filter((end): end is string => typeof end === 'string');
  return known.toSorted().at(-1) ?? null;
}

function reason(
  t: TFunction,
  format: Format,
  explanation: MaintenanceExplanation,
  clock: DeviceClock,
): string {
  const { because, windows, blackouts, openings, without_window, open, at } = explanation;
  if (because === 'in_window') {
    const winners = windows.filter(({ standing }) => standing === 'open');
    const end = latest(winners.map(({ until }) => until));
    if (winners.length === 0 || end === null) return t('maintenance.why.in_window_plain');
    const until = clock(end);
    return t('maintenance.why.in_window', { names: quoted(t, format, winners), until });
  }
  if (because === 'blackout') {
    const on = blackouts.filter(({ standing }) => standing === 'on');
    const end = latest(on.map(({ until }) => until));
    if (on.length === 0 || end === null) return t('maintenance.why.blackout_plain');
    return t('maintenance.why.blackout', { names: quoted(t, format, on), until: clock(end) });
  }
  if (because === 'outside_windows') {
    const next = openings.find(({ starts_at }) => open || starts_at > at);
    return next
      ? t('maintenance.why.outside_next', { next: clock(next.starts_at) })
      : t('maintenance.why.outside_never');
  }
  return t(`maintenance.why.without_${without_window}`);
}

/** “Updates wait: no window is open; the next opening is Thu, Nov 26, 22:00.” */
export function verdictText(
  t: TFunction,
  format: Format,
  explanation: MaintenanceExplanation,
  clock: DeviceClock,
): string {
  const { open, action } = explanation;
  return t('maintenance.why.verdict', {
    what: t(open ? `maintenance.why.may.${action}` : `maintenance.why.waits.${action}`),
    why: reason(t, format, explanation, clock),
  });
}

/** Whose word it was: a scope's, or the tenant's setting. */
export function decidedByText(t: TFunction, explanation: MaintenanceExplanation): string {
  const { scope, because, without_window } = explanation;
  if (!scope) return t(`maintenance.why.decides_setting_${without_window}`);
  return t(
    because === 'blackout' ? 'maintenance.why.decides_blackout' : 'maintenance.why.decides_scope',
    { scope: scopeLabel(t, scope) },
  );
}

export interface StandingText {
  text: string;
  tone: Tone;
}

function openness(t: TFunction, window: Window, clock: DeviceClock): StandingText {
  const { standing, until, next } = window;
  if (standing === 'open') {
    const text = until
      ? t('maintenance.why.standing.open', { until: clock(until) })
      : t('maintenance.why.standing.open_plain');
    return { text, tone: 'ok' };
  }
  const text = next
    ? t('maintenance.why.standing.closed', { next: clock(next) })
    : t('maintenance.why.standing.closed_never');
  return { text, tone: 'waiting' };
}

function validity(t: TFunction, window: Window, clock: DeviceClock): StandingText {
  const { from, since } = window;
  if (window.standing === 'not_yet_valid') {
    const text = from
      ? t('maintenance.why.standing.not_yet_valid', { from: clock(from) })
      : t('maintenance.why.standing.not_yet_valid_plain');
    return { text, tone: 'neutral' };
  }
  const text = since
    ? t('maintenance.why.standing.no_longer_valid', { since: clock(since) })
    : t('maintenance.why.standing.no_longer_valid_plain');
  return { text, tone: 'neutral' };
}

/** What a window has to do with the verdict. */
export function windowStandingText(t: TFunction, window: Window, clock: DeviceClock): StandingText {
  switch (window.standing) {
    case 'open':
    case 'closed':
      return openness(t, window, clock);
    case 'not_yet_valid':
    case 'no_longer_valid':
      return validity(t, window, clock);
    case 'overruled': {
      const by = window.overruled_by;
      const text = by
        ? t('maintenance.why.standing.overruled', { scope: scopeLabel(t, by) })
        : t('maintenance.why.standing.overruled_plain');
      return { text, tone: 'neutral' };
    }
    case 'unknown_zone':
      return { text: t('maintenance.why.standing.unknown_zone'), tone: 'attention' };
    default:
      return { text: t(`maintenance.why.standing.${window.standing}`), tone: 'neutral' };
  }
}

/** What a blackout has to do with the verdict. */
export function blackoutStandingText(
  t: TFunction,
  { standing, until, next }: Blackout,
  clock: DeviceClock,
): StandingText {
  if (standing === 'on') {
    const text = until
      ? t('maintenance.why.blackout_standing.on', { until: clock(until) })
      : t('maintenance.why.blackout_standing.on_plain');
    return { text, tone: 'failed' };
  }
  if (standing === 'off') {
    const text = next
      ? t('maintenance.why.blackout_standing.off', { next: clock(next) })
      : t('maintenance.why.blackout_standing.off_plain');
    return { text, tone: 'neutral' };
  }
  const tone = standing === 'unknown_zone' ? 'attention' : 'neutral';
  return { text: t(`maintenance.why.blackout_standing.${standing}`), tone };
}

const plainBlockers = [
  'restart_pending',
  'no_restart_pending',
  'not_approved',
  'nothing_pending',
  'busy',
  'clock_unknown',
  'rules_unknown',
] as const;

/** What else is in the way, beside windows and blackouts. */
export function blockerText(t: TFunction, blocker: Blocker, clock: DeviceClock): string {
  const { kind, since } = blocker;
  if (kind === 'offline') {
    return since
      ? t('maintenance.why.blocker.offline_since', { since: clock(since) })
      : t('maintenance.why.blocker.offline');
  }
  if (kind === 'too_short') return tooShortText(t, blocker, clock);
  const known = plainBlockers.find((code) => code === kind);
  return known
    ? t(`maintenance.why.blocker.${known}`)
    : t('maintenance.why.blocker.other', { code: kind });
}

/** “It needs about 45 min, and this opening has 20 min left; the next one that is long enough: …” */
function tooShortText(t: TFunction, blocker: Blocker, clock: DeviceClock): string {
  const { needs_seconds, left_seconds, fits_at } = blocker;
  if (needs_seconds == null) return t('maintenance.why.blocker.too_short_plain');
  const needs = durationText(t, Math.max(1, Math.ceil(needs_seconds / 60)));
  const short =
    left_seconds == null
      ? t('maintenance.why.blocker.too_short_next', { needs })
      : t('maintenance.why.blocker.too_short_left', {
          needs,
          left: durationText(t, Math.max(1, Math.floor(left_seconds / 60))),
        });
  return fits_at
    ? t('maintenance.why.blocker.too_short_fits', { short, at: clock(fits_at) })
    : t('maintenance.why.blocker.too_short_never', { short });
}

const timedWaits = ['start_time', 'window', 'blackout'] as const;
const plainWaits = [
  'window_definition',
  'longer_window',
  'clock_unknown',
  'rules_unknown',
] as const;

/** “Waits for the window: Thu, Nov 26, 22:00”; `null` where nothing is waited for. */
export function waitText(t: TFunction, code: string | null, time: string | null): string | null {
  if (code === null) return null;
  const timed = timedWaits.find((known) => known === code);
  if (timed) {
    return time === null
      ? t(`maintenance.waits.${timed}`)
      : t(`maintenance.waits.${timed}_at`, { time });
  }
  const plain = plainWaits.find((known) => known === code);
  return plain ? t(`maintenance.waits.${plain}`) : t('maintenance.waits.other', { code });
}
