import { expect, it, vi } from 'vitest';
import { throttle } from './throttle';

it('runs at once, and gathers what follows into one run', () => {
  vi.useFakeTimers();
  const run = vi.fn();
  const { call } = throttle(run, 1_000);
  call();
  call();
  call();
  expect(run).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1_000);
  expect(run).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});
