import { describe, expect, it } from 'vitest';
import type { MaintenanceExplanation } from '@/api/types';
import { i18n } from '@/i18n/index';
import { createFormat } from '@/util/format';
import {
  blackoutStandingText,
  blockerText,
  decidedByText,
  deviceClock,
  verdictText,
  waitText,
  windowStandingText,
} from './explanation-words';

const en = { t: i18n.getFixedT('en'), format: createFormat('en', 'Europe/Warsaw') };
const pl = { t: i18n.getFixedT('pl'), format: createFormat('pl', 'Europe/Warsaw') };

const window = {
  id: 'nights',
  name: 'Nights',
  scope: { kind: 'tenant' },
  standing: 'closed',
} as const;

const waiting: MaintenanceExplanation = {
  action: 'update',
  at: '2026-11-26T12:00:00Z',
  local_at: '2026-11-26T13:00:00+01:00',
  open: false,
  because: 'outside_windows',
  scope: { kind: 'tenant' },
  without_window: 'hold',
  time_zone: 'Europe/Warsaw',
  zone_source: 'device',
  windows: [{ ...window, next: '2026-11-26T21:00:00Z' }],
  blackouts: [],
  blockers: [],
  openings: [
    {
      starts_at: '2026-11-26T21:00:00Z',
      ends_at: '2026-11-27T03:00:00Z',
      local_starts_at: '2026-11-26T22:00:00+01:00',
      local_ends_at: '2026-11-27T04:00:00+01:00',
    },
  ],
};

function verdict({ t, format }: typeof en, explanation: MaintenanceExplanation) {
  return verdictText(t, format, explanation, deviceClock(format, explanation.time_zone));
}

describe('the verdict in a sentence', () => {
  it('names the next opening', () => {
    expect(verdict(en, waiting)).toBe(
      'Updates wait: no window is open; the next opening is Thu, Nov 26, 22:00.',
    );
    expect(verdict(pl, waiting)).toBe(
      'Aktualizacje czekają: żadne okno nie jest otwarte; najbliższe otwarcie: czw., 26 lis, 22:00.',
    );
    expect(verdict(en, { ...waiting, openings: [] })).toContain('none will open');
  });

  it('names the window that is open', () => {
    const open: MaintenanceExplanation = {
      ...waiting,
      open: true,
      because: 'in_window',
      windows: [{ ...window, standing: 'open', until: '2026-11-27T03:00:00Z' }],
    };
    expect(verdict(en, open)).toBe(
      'Updates may be installed now: “Nights” is open until Fri, Nov 27, 04:00.',
    );
    expect(decidedByText(en.t, open)).toBe('the windows of: All devices');
  });

  it('names the blackout that is on', () => {
    const out: MaintenanceExplanation = {
      ...waiting,
      because: 'blackout',
      blackouts: [{ ...window, name: 'Tax days', standing: 'on', until: '2026-11-25T23:00:00Z' }],
    };
    expect(verdict(pl, out)).toBe(
      'Aktualizacje czekają: trwa blokada „Tax days”, do czw., 26 lis, 00:00.',
    );
  });

  it('says what holds without a window', () => {
    const none: MaintenanceExplanation = {
      ...waiting,
      because: 'without_window',
      scope: null,
      windows: [],
    };
    expect(verdict(en, none)).toContain('they wait until there is one');
    const runs: MaintenanceExplanation = { ...none, open: true, without_window: 'run' };
    expect(verdict(en, { ...runs, action: 'backup' })).toContain('Backups may run now');
    expect(decidedByText(en.t, none)).toContain('the tenant’s setting');
  });
});

const standings = [
  'open',
  'closed',
  'overruled',
  'disabled',
  'other_actions',
  'not_yet_valid',
  'no_longer_valid',
  'unknown_zone',
] as const;
const out = ['on', 'off', 'over', 'other_actions', 'unknown_zone'] as const;
const blockers = [
  'offline',
  'restart_pending',
  'no_restart_pending',
  'not_approved',
  'nothing_pending',
  'busy',
  'too_short',
  'clock_unknown',
  'rules_unknown',
] as const;
const waits = [
  'start_time',
  'window',
  'blackout',
  'window_definition',
  'longer_window',
  'clock_unknown',
  'rules_unknown',
];

describe('every code', () => {
  it.each([en, pl])('has its own sentence', ({ t, format }) => {
    const clock = deviceClock(format, 'Europe/Warsaw');
    const texts = [
      ...standings.map((standing) => windowStandingText(t, { ...window, standing }, clock).text),
      ...blockers.map((kind) => blockerText(t, { kind }, clock)),
      ...waits.map((code) => waitText(t, code, null)),
    ];
    expect(new Set(texts).size).toBe(texts.length);
    const outs = out.map(
      (standing) => blackoutStandingText(t, { ...window, standing }, clock).text,
    );
    expect(new Set(outs).size).toBe(outs.length);
  });

  it('that is unknown is a sentence with the code in it', () => {
    expect(waitText(pl.t, 'brand_new', null)).toContain('brand_new');
    expect(waitText(pl.t, null, null)).toBeNull();
  });

  it('carries its time where it has one', () => {
    const clock = deviceClock(en.format, 'America/New_York');
    const since = '2026-11-26T12:00:00Z';
    expect(blockerText(en.t, { kind: 'offline', since }, clock)).toContain('Nov 26, 07:00');
    const short = { kind: 'too_short', needs_seconds: 5400 } as const;
    expect(blockerText(en.t, short, clock)).toBe(
      'It needs about 1 h 30 min, and the next opening is shorter; none in sight is long enough',
    );
    const left = { ...short, left_seconds: 1259, fits_at: '2026-11-27T03:00:00Z' };
    expect(blockerText(en.t, left, clock)).toBe(
      'It needs about 1 h 30 min, and this opening has 20 min left; the next one that is long enough: Thu, Nov 26, 22:00',
    );
    expect(waitText(en.t, 'window', 'Thu, Nov 26, 22:00')).toBe(
      'Waits for the window: Thu, Nov 26, 22:00',
    );
  });
});
