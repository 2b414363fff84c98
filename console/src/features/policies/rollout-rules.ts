import type { Rollout } from '@/api/types';
import type { RolloutChange } from './policies';

const order: Record<Rollout['state'], number> = {
  stopped_by_failures: 0,
  stopped_by_person: 1,
  running: 2,
  complete: 3,
};

/** What needs somebody comes first; the server's order, newest first, stays otherwise. */
export function stoppedFirst(rollouts: readonly Rollout[]): Rollout[] {
  return rollouts.toSorted((one, other) => order[one.state] - order[other.state]);
}

/** What can be done with an update on its way. */
export function changesOf(state: Rollout['state']): RolloutChange[] {
  if (state === 'complete') return [];
  return state === 'running' ? ['stop', 'release'] : ['resume', 'release'];
}

/** Devices of a ring that are offered it and where it has neither been installed nor failed. */
export function openIn({ offered, installed, failed }: Rollout['rings'][number]): number {
  return Math.max(0, offered - installed - failed);
}

export type RingState = 'done' | 'here' | 'stopped' | 'later';

/** How a ring stands to the one that the update has reached, both counted from 1. */
export function ringState(
  { ring, state }: Pick<Rollout, 'ring' | 'state'>,
  number: number,
): RingState {
  if (number > ring) return 'later';
  if (number < ring || state === 'complete') return 'done';
  return state === 'running' ? 'here' : 'stopped';
}

/** The name of the ring that each update has reached. */
export function ringsReached(rollouts: readonly Rollout[]): ReadonlyMap<string, string> {
  return new Map(
    rollouts.flatMap(({ update_id, ring, rings }) => {
      const name = rings[ring - 1]?.name;
      return name ? [[update_id, name] as const] : [];
    }),
  );
}
