import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keys } from './keys';
import { createLiveUpdates } from './live-updates';

function known() {
  const queryClient = new QueryClient();
  const steps = [...keys.deviceSteps('d1'), null];
  const otherSteps = [...keys.deviceSteps('d2'), null];
  const list = [...keys.updateLists, {}];
  const detail = keys.update('u1');
  for (const key of [steps, otherSteps, list, detail]) queryClient.setQueryData(key, {});
  const isOld = (key: readonly unknown[]) => queryClient.getQueryState(key)?.isInvalidated;
  return { live: createLiveUpdates(queryClient), isOld, steps, otherSteps, list, detail };
}

const change = { id: 't1', device_id: 'd1', action_id: 'a1' };

describe('the ledger on screen', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is fetched anew when a task of the device is delivered or ends', () => {
    for (const state of ['delivered', 'succeeded']) {
      const { live, isOld, steps, otherSteps, list, detail } = known();
      live.taskChanged({ ...change, state });
      vi.advanceTimersByTime(5_000);
      expect([steps, otherSteps, list, detail].map(isOld)).toEqual([true, false, true, true]);
      live.stop();
    }
  });

  it('is left alone by the progress of a task', () => {
    const { live, isOld, steps, list } = known();
    live.taskChanged({ ...change, state: 'running' });
    vi.advanceTimersByTime(5_000);
    expect([steps, list].map(isOld)).toEqual([false, false]);
    live.stop();
  });

  it('is told anew what policies say of it, when these change', () => {
    const queryClient = new QueryClient();
    const [policies, offers] = [[...keys.policyLists, null], keys.deviceUpdates('d1')];
    for (const key of [policies, offers]) queryClient.setQueryData(key, {});
    const changed = createLiveUpdates(queryClient);
    changed.policiesChanged();
    vi.advanceTimersByTime(2_000);
    const old = [policies, offers].map((key) => queryClient.getQueryState(key)?.isInvalidated);
    expect(old).toEqual([true, true]);
    changed.stop();
  });

  it('counts over all devices once for a burst of changes', () => {
    const queryClient = new QueryClient();
    const invalidate = vi.spyOn(queryClient, 'invalidateQueries');
    const busy = createLiveUpdates(queryClient);
    for (let device = 0; device < 500; device += 1) busy.deviceChanged(`d${device}`);
    vi.advanceTimersByTime(1_000);
    const counted = invalidate.mock.calls.filter(([filter]) => filter?.queryKey === keys.updates);
    expect(counted.length).toBe(1);
    busy.stop();
  });
});
