import { describe, expect, it } from 'vitest';
import type { Alert } from '@/api/types';
import { i18n } from '@/i18n/index';
import { createFormat } from '@/util/format';
import { detail, headline } from './alert-words';

const en = { t: i18n.getFixedT('en'), format: createFormat('en', 'Europe/Warsaw') };
const pl = { t: i18n.getFixedT('pl'), format: createFormat('pl', 'Europe/Warsaw') };

type Cause = Alert['cause'];

const failed: Extract<Cause, { kind: 'update_failed' }> = {
  kind: 'update_failed',
  update_key: 'k1',
  update_id: 'u1',
  title: 'Cumulative update',
  kb: 'KB5070001',
  reason_code: null,
  result_code: 4,
  hresult: '0x80070643',
  exit_code: null,
  task_id: null,
  failures: 1,
};

function overdue(updates: number, titles: string[]): Cause {
  return { kind: 'update_overdue', updates, titles };
}

describe('what happened, in a sentence', () => {
  it('has the plural forms of its language', () => {
    const said = [1, 2, 5, 22].map((count) => headline(pl.t, { cause: overdue(count, []) }));
    expect(said).toEqual([
      '1 aktualizacja nie jest zainstalowana mimo upływu terminu',
      '2 aktualizacje nie są zainstalowane mimo upływu terminu',
      '5 aktualizacji nie jest zainstalowanych mimo upływu terminu',
      '22 aktualizacje nie są zainstalowane mimo upływu terminu',
    ]);
    expect(headline(en.t, { cause: overdue(1, []) })).toBe(
      '1 update is not installed although its deadline has passed',
    );
  });

  it('tells a device that never scanned from one that stopped', () => {
    const scan = (never_succeeded: boolean): Cause => ({ kind: 'scan_failing', never_succeeded });
    expect(headline(en.t, { cause: scan(true) })).toContain('since the device was enrolled');
    expect(headline(en.t, { cause: scan(false) })).toContain('for more than two days');
  });
});

describe('why it happened', () => {
  it('explains an HRESULT and names it, with the article', () => {
    const { text, remedy, codes } = detail(en.t, en.format, { cause: failed });
    expect(text).not.toContain('0x');
    expect(remedy).not.toBe('');
    expect(codes.slice(0, 2)).toEqual(['KB5070001', '0x80070643']);
  });

  it('falls back to the reason and the exit code', () => {
    const cause: Cause = {
      ...failed,
      kb: null,
      hresult: null,
      reason_code: 'package_manager_failed',
      exit_code: 100,
    };
    expect(detail(en.t, en.format, { cause }).codes).toEqual(['exit code 100']);
    expect(detail(pl.t, pl.format, { cause }).codes).toEqual(['kod wyjścia 100']);
  });

  it('counts the updates that it does not name', () => {
    const cause = overdue(5, ['A', 'B', 'C']);
    expect(detail(en.t, en.format, { cause }).text).toBe('A, B, C, and 2 more');
    expect(detail(pl.t, pl.format, { cause }).text).toBe('A, B, C i jeszcze 2');
    expect(detail(en.t, en.format, { cause: overdue(1, ['A']) }).text).toBe('A');
  });
});
