import { describe, expect, it } from 'vitest';
import type { UpdateStep } from '@/api/types';
import { entriesByDay, firstFew, gatherSteps, hasRestarted, scanWitness } from './history';

function step(position: number, values: Partial<UpdateStep> = {}): UpdateStep {
  return {
    position,
    update_id: 'u1',
    key: 'k1',
    title: 'Update',
    titles: {},
    state: 'offered',
    at: '2026-11-20T10:00:00Z',
    evidence: {},
    ...values,
  };
}

describe('many updates at once', () => {
  it('are stood for by a few, and never all but one', () => {
    const numbers = (length: number) => Array.from({ length }, (_, index) => index);
    expect(firstFew(numbers(6))).toHaveLength(6);
    expect(firstFew(numbers(7))).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('steps of one search', () => {
  it('are one entry', () => {
    const evidence = { scan: 1 };
    const steps = [step(2, { key: 'k2', evidence }), step(1, { evidence })];
    expect(gatherSteps(steps).map((entry) => entry.steps.length)).toEqual([2]);
  });

  it('stay apart where their results differ', () => {
    const failed = (position: number, hresult: string) =>
      step(position, { state: 'failed', evidence: { task_id: 't', hresult } });
    const steps = [failed(2, '0x80070643'), failed(1, '0x80240022')];
    expect(gatherSteps(steps)).toHaveLength(2);
  });

  it('keep the order in which they came', () => {
    const steps = [
      step(3, { state: 'installed' }),
      step(2, { state: 'approved' }),
      step(1, { state: 'installed' }),
    ];
    expect(gatherSteps(steps).map((entry) => entry.step.position)).toEqual([3, 2, 1]);
  });
});

describe('days', () => {
  it('gather neighbouring entries, newest first', () => {
    const entries = gatherSteps([
      step(3, { at: '2026-11-21T01:00:00Z' }),
      step(2, { at: '2026-11-20T23:00:00Z', state: 'approved' }),
      step(1, { at: '2026-11-20T22:00:00Z' }),
    ]);
    const days = entriesByDay(entries, (at) => at.slice(0, 10));
    expect(days.map(({ day, entries: within }) => [day, within.length])).toEqual([
      ['2026-11-21', 1],
      ['2026-11-20', 2],
    ]);
  });
});

describe('the restart that an update waited for', () => {
  const after = step(9, { state: 'installed', evidence: { boot_id: 'b2' } });

  it('shows by another start of the machine', () => {
    const before = step(4, { state: 'restart_pending', evidence: { boot_id: 'b1' } });
    expect(hasRestarted(after, [after, before])).toBe(true);
    const same = step(4, { state: 'restart_pending', evidence: { boot_id: 'b2' } });
    expect(hasRestarted(after, [after, same])).toBe(false);
  });

  it('is not claimed from the steps of another update', () => {
    const other = step(4, {
      key: 'k2',
      state: 'restart_pending',
      evidence: { boot_id: 'b1' },
    });
    expect(hasRestarted(after, [after, other])).toBe(false);
  });

  it('is not told where nothing waited for it', () => {
    const offered = step(4, { evidence: { boot_id: 'b1' } });
    expect(hasRestarted(after, [after, offered])).toBe(false);
  });

  it('is not claimed where the start of the machine is unknown', () => {
    const unknown = step(4, { state: 'restart_pending', evidence: { boot_id: null } });
    expect(hasRestarted(after, [after, unknown])).toBe(false);
  });
});

describe('the search that a step rests on', () => {
  it('offers what is offered, and what failed although its installer reported success', () => {
    expect(scanWitness(step(1))).toBe('offered');
    expect(scanWitness(step(1, { state: 'failed', reason_code: 'still_offered' }))).toBe('offered');
    expect(scanWitness(step(1, { state: 'failed', reason_code: 'rolled_back' }))).toBe('offered');
  });

  it('no longer offers what is installed or superseded', () => {
    expect(scanWitness(step(1, { state: 'installed' }))).toBe('missing');
    expect(scanWitness(step(1, { state: 'superseded' }))).toBe('missing');
  });

  it('is not said to offer what a task has given back', () => {
    expect(scanWitness(step(1, { evidence: { task_id: 't1' } }))).toBe('told');
  });
});
