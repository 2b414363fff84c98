import type { UpdateStep } from '@/api/types';

/** Steps that happened together: the same search or task took several updates to the same state. */
export interface HistoryEntry {
  /** What they have in common, by the first of them. */
  step: UpdateStep;
  steps: UpdateStep[];
}

function sameEvidence(one: UpdateStep, other: UpdateStep): boolean {
  const { evidence: a } = one;
  const { evidence: b } = other;
  return (
    one.state === other.state &&
    one.at === other.at &&
    one.reason_code === other.reason_code &&
    a.task_id === b.task_id &&
    a.scan === b.scan &&
    a.boot_id === b.boot_id &&
    a.result_code === b.result_code &&
    a.hresult === b.hresult
  );
}

/** Gathers neighbouring steps that rest on the same evidence; the order stays. */
export function gatherSteps(steps: readonly UpdateStep[]): HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  for (const step of steps) {
    const last = entries.at(-1);
    if (last && sameEvidence(last.step, step)) last.steps.push(step);
    else entries.push({ step, steps: [step] });
  }
  return entries;
}

const few = 5;

/** What stands for many: the first of them. One alone is not hidden. */
export function firstFew<T>(all: readonly T[]): readonly T[] {
  return all.length > few + 1 ? all.slice(0, few) : all;
}

/** Entries by the reader's calendar day, in the order in which they come. */
export function entriesByDay(
  entries: readonly HistoryEntry[],
  dayOf: (at: string) => string,
): { day: string; entries: HistoryEntry[] }[] {
  const days: { day: string; entries: HistoryEntry[] }[] = [];
  for (const entry of entries) {
    const day = dayOf(entry.step.at);
    const last = days.at(-1);
    if (last?.day === day) last.entries.push(entry);
    else days.push({ day, entries: [entry] });
  }
  return days;
}

/**
 * Whether the restart that the update waited for lies between its step before and this one. `steps`
 * are newest first; what they do not reach back to is not known, and not claimed.
 */
export function hasRestarted(step: UpdateStep, steps: readonly UpdateStep[]): boolean {
  const boot = step.evidence.boot_id ?? null;
  if (boot === null) return false;
  const before = steps.find(({ key, position }) => key === step.key && position < step.position);
  if (before?.state !== 'restart_pending') return false;
  const earlier = before.evidence.boot_id ?? null;
  return earlier !== null && earlier !== boot;
}

export type ScanWitness = 'offered' | 'missing' | 'told';

/** What the search that a step rests on has shown. */
export function scanWitness(step: UpdateStep): ScanWitness {
  if (step.state === 'installed' || step.state === 'superseded') return 'missing';
  const offers = step.reason_code === 'still_offered' || step.reason_code === 'rolled_back';
  return (step.state === 'offered' && !step.evidence.task_id) || offers ? 'offered' : 'told';
}
