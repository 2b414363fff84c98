import { describe, expect, it } from 'vitest';
import type {
  DeviceUpdatePolicy,
  PolicyAnswer,
  PolicyCounts,
  PolicyRules,
  UpdateDecision,
  UpdatePolicy,
} from '@/api/types';
import { i18n } from '@/i18n/index';
import { createFormat } from '@/util/format';
import { presetRules } from './policy-rules';
import {
  answerHint,
  answerWords,
  decisionOn,
  isAbout,
  nameOf,
  policySummary,
  ringsSentence,
  whoseRule,
} from './policy-words';
import { countedParts, previewHeadline } from './preview-words';

const en = { t: i18n.getFixedT('en'), format: createFormat('en', 'Europe/Warsaw') };
const pl = { t: i18n.getFixedT('pl'), format: createFormat('pl', 'Europe/Warsaw') };

const summaryOf = ({ t, format }: typeof en, rules: PolicyRules, names: string[] = []) =>
  policySummary(t, format, rules, names);

describe('a policy in one line', () => {
  it('gathers categories by what is done about them, the quickest first', () => {
    expect(summaryOf(en, presetRules.balanced)).toBe(
      'Definitions in the next window · critical and security after 3 days · ' +
        'rollups and tools after 7 days · feature updates and drivers by hand · deadline 14 days · ' +
        'restarts in the window',
    );
    expect(summaryOf(pl, presetRules.balanced)).toBe(
      'Definicje w najbliższym oknie · krytyczne i zabezpieczenia po 3 dniach · ' +
        'zbiorcze i narzędzia po 7 dniach · aktualizacje funkcji i sterowniki ręcznie · termin 14 dni · ' +
        'restarty w oknie',
    );
  });

  it('has the plural forms of its language', () => {
    const deferred = (days: number): PolicyRules => ({
      categories: [{ category: 'security', install: 'automatic', after_days: days }],
      deadline_days: days,
    });
    expect(summaryOf(en, deferred(1))).toBe('Security after 1 day · deadline 1 day');
    expect([1, 2, 5, 22].map((days) => summaryOf(pl, deferred(days)))).toEqual([
      'Zabezpieczenia po 1 dniu · termin 1 dzień',
      'Zabezpieczenia po 2 dniach · termin 2 dni',
      'Zabezpieczenia po 5 dniach · termin 5 dni',
      'Zabezpieczenia po 22 dniach · termin 22 dni',
    ]);
  });

  it('names the ring, by number where the tenant has no such ring', () => {
    const rules: PolicyRules = { categories: [], ring: 1 };
    expect(summaryOf(en, rules, ['pilot', 'all'])).toBe('Ring pilot');
    expect(summaryOf(pl, { ...rules, ring: 3 }, ['pilot', 'all'])).toBe('Pierścień nr 3');
  });

  it('tells no deadline from none of its own, and an empty policy from both', () => {
    expect(summaryOf(en, { categories: [], deadline_days: 0 })).toBe('No deadline');
    expect(summaryOf(en, { categories: [] })).toContain('wider policies decide');
  });
});

describe('a plan of rings', () => {
  const plan = {
    names: ['Pilot', 'Offices', 'All'],
    wait_hours: 24,
    attempted_percent: 50,
    success_percent: 90,
    stop_failed_devices: 2,
    stop_failed_percent: 20,
  };

  it('is read as sentences', () => {
    expect(ringsSentence(en.t, plan)).toBe(
      'An update goes through the rings Pilot → Offices → All. It goes on after at least 24 hours, ' +
        'when 50% of the devices that are offered it have tried and 90% of those have it installed. ' +
        'It stops everywhere when 2 devices or more, and at least 20% of those that tried, have failed.',
    );
    expect(ringsSentence(pl.t, { ...plan, wait_hours: 1, stop_failed_devices: 1 })).toContain(
      'po co najmniej 1 godzinie',
    );
  });

  it('that does not wait says so, and a ring without a name has its number', () => {
    const sentence = ringsSentence(en.t, { ...plan, names: ['', 'All'], wait_hours: 0 });
    expect(sentence).toContain('no. 1 → All');
    expect(sentence).toContain('as soon as 50%');
  });
});

describe('what policies say of an update', () => {
  const until = '2026-11-29T09:00:00Z';
  const words = (language: typeof en, answer: PolicyAnswer, whose: string | null = null) =>
    answerWords(language.t, language.format, answer, whose).text;

  it('is said in both languages', () => {
    const answers: [PolicyAnswer, string, string][] = [
      [
        { verdict: 'due', because: 'automatic' },
        'Automatic: next window',
        'Automatycznie: najbliższe okno',
      ],
      [
        { verdict: 'due', because: 'approved' },
        'Approved: next window',
        'Zatwierdzona: najbliższe okno',
      ],
      [
        { verdict: 'held', because: 'deferral', until },
        'Automatic from Nov 29 (deferral)',
        'Automatycznie od 29 lis (odroczenie)',
      ],
      [
        { verdict: 'held', because: 'ring' },
        'Waits for earlier rings',
        'Czeka na wcześniejsze pierścienie',
      ],
      [
        { verdict: 'held', because: 'failures' },
        'Failed too often: decide by hand',
        'Zbyt wiele nieudanych prób: zdecyduj ręcznie',
      ],
      [{ verdict: 'manual' }, 'By hand', 'Ręcznie'],
      [{ verdict: 'blocked' }, 'Blocked', 'Zablokowana'],
    ];
    for (const [answer, english, polish] of answers) {
      expect([words(en, answer), words(pl, answer)]).toEqual([english, polish]);
    }
    const waits: PolicyAnswer = { verdict: 'held', because: 'ring' };
    expect(answerWords(pl.t, pl.format, waits, null, 'Pilot').text).toBe(
      'Czeka na pierścień Pilot',
    );
    expect(words(en, { verdict: 'blocked' }, 'group Tills')).toBe('Blocked (group Tills)');
  });

  it('has a hint with whose rule it is and the deadline', () => {
    const answer: PolicyAnswer = { verdict: 'held', because: 'ring', deadline_at: until };
    const scope = { kind: 'group', group_id: 'g1', name: 'Tills' } as const;
    const hint = answerHint(en.t, en.format, answer, scope, 'Bakery');
    expect(hint.split('\n')).toEqual([
      'Decided by: Group Tills',
      expect.stringMatching(/^Deadline: Nov 29, 2026/),
    ]);
    expect(answerHint(en.t, en.format, { verdict: 'manual' }, null, 'Bakery')).toContain(
      'No policy says anything',
    );
  });
});

const windows = { id: 'u1', kb: 'KB5034441', package: null };
const linux = { id: 'u2', kb: null, package: 'libssl3:i386' };

function decision(
  id: string,
  verdict: UpdateDecision['verdict'],
  scope: UpdateDecision['scope'],
  update: UpdateDecision['update'],
): UpdateDecision {
  return {
    id,
    tenant_id: 't1',
    scope,
    update,
    verdict,
    note: '',
    decided_at: '2026-11-20T10:00:00Z',
    decided_by: 'Anna',
  };
}

describe('a decision', () => {
  it('names the article, the package without its architecture, or the update', () => {
    expect(nameOf(windows)).toEqual({ kind: 'kb', value: 'KB5034441' });
    expect(nameOf(linux)).toEqual({ kind: 'package', value: 'libssl3' });
    expect(nameOf({ id: 'u3' })).toEqual({ kind: 'update_id', value: 'u3' });
    for (const update of [windows, linux]) expect(isAbout(nameOf(update), update)).toBe(true);
    expect(isAbout(nameOf(windows), linux)).toBe(false);
    expect(isAbout({ kind: 'package', value: 'libssl3' }, windows)).toBe(false);
  });

  it('of the narrower scope counts, and in one scope the block', () => {
    const group = { kind: 'group', group_id: 'g1' } as const;
    const tenant = { kind: 'tenant' } as const;
    const approval = decision('d1', 'approve', group, { kind: 'kb', value: 'KB5034441' });
    const block = decision('d2', 'block', group, { kind: 'update_id', value: 'u1' });
    const wide = decision('d3', 'block', tenant, { kind: 'kb', value: 'KB5034441' });
    expect(decisionOn([approval, wide], windows)?.id).toBe('d1');
    expect(decisionOn([approval, block, wide], windows)?.id).toBe('d2');
    expect(decisionOn([approval], linux)).toBeNull();
  });
});

describe('whose rule it is', () => {
  const policy = (scope: UpdatePolicy['scope'], rules: PolicyRules): UpdatePolicy => ({
    id: scope.kind,
    tenant_id: 't1',
    scope,
    rules,
    version: 1,
    updated_at: '2026-11-20T10:00:00Z',
    updated_by: 'Anna',
  });
  const group = { kind: 'group', group_id: 'g1', name: 'Tills' } as const;
  const rules: DeviceUpdatePolicy = {
    categories: [],
    policies: [
      policy(group, { categories: [], ring: 1 }),
      policy(
        { kind: 'tenant' },
        { categories: [{ category: 'security', install: 'automatic', after_days: 3 }] },
      ),
    ],
    decisions: [],
  };
  const update = { ...windows, category: 'security' as const };

  it('is the nearest that says something about the category, or the decision', () => {
    const policyAnswer: PolicyAnswer = { verdict: 'due', because: 'automatic', scope: 'tenant' };
    expect(whoseRule(rules, { ...update, policy: policyAnswer })?.kind).toBe('tenant');
    const block = decision('d1', 'block', group, { kind: 'kb', value: 'KB5034441' });
    const decided = { ...rules, decisions: [block] };
    const blocked: PolicyAnswer = { verdict: 'blocked', scope: 'group' };
    expect(whoseRule(decided, { ...update, policy: blocked })?.name).toBe('Tills');
    expect(whoseRule(rules, { ...update, policy: { verdict: 'manual' } })).toBeNull();
  });
});

describe('a preview', () => {
  const none: PolicyCounts = {
    due: 0,
    deferred: 0,
    waiting: 0,
    stopped: 0,
    failed: 0,
    in_hand: 0,
    manual: 0,
    blocked: 0,
  };
  const preview = (after: Partial<PolicyCounts>, devices: number) => ({
    devices_in_scope: devices,
    restarts: { before: 0, after: 0 },
    before: none,
    after: { ...none, ...after },
    updates: [],
    updates_total: 0,
    devices: [],
    devices_total: 0,
  });
  const headline = (language: typeof en, after: Partial<PolicyCounts>, devices: number) => {
    const { on, due, rest } = previewHeadline(language.t, preview(after, devices));
    return `${on} ${due}${rest}`;
  };

  it('is a sentence, in the plural forms of its language', () => {
    expect(headline(en, { due: 34, deferred: 5, waiting: 3, blocked: 3 }, 12)).toBe(
      'On 12 devices: 34 updates would be installed in the next maintenance window (today 0)' +
        ' · 8 later · 3 blocked',
    );
    expect(headline(en, { due: 1 }, 1)).toBe(
      'On 1 device: 1 update would be installed in the next maintenance window (today 0)',
    );
    expect(headline(pl, { due: 22, blocked: 2 }, 12)).toBe(
      'Na 12 urządzeniach: w najbliższym oknie serwisowym zainstalują się 22 aktualizacje (dziś 0)' +
        ' · 2 zablokowane',
    );
    expect(headline(pl, { due: 5, blocked: 1 }, 1)).toBe(
      'Na 1 urządzeniu: w najbliższym oknie serwisowym zainstaluje się 5 aktualizacji (dziś 0)' +
        ' · 1 zablokowana',
    );
  });

  it('shows what changes on one device', () => {
    const before = { ...none, manual: 4 };
    expect(countedParts(en.t, before, { ...none, due: 3, manual: 1 })).toBe(
      'next window: 0 → 3 · 1 by hand',
    );
    expect(countedParts(en.t, before, before)).toBe('4 by hand');
    expect(countedParts(pl.t, none, { ...none, in_hand: 1 })).toBe('w toku lub nieudana');
  });
});
