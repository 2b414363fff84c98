import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { problemFrom } from '@/api/problem';
import { secondsUntil, useSecondsUntil } from './countdown';

const now = Date.parse('2026-11-23T22:00:00Z');

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(now);
});
afterEach(() => {
  vi.useRealTimers();
});

describe('waiting', () => {
  it('is told in whole seconds that never fall below none', () => {
    expect(secondsUntil(now + 13_001, now)).toBe(14);
    expect(secondsUntil(now - 5_000, now)).toBe(0);
    expect(secondsUntil(null, now)).toBe(0);
  });

  it('counts down by itself and ends', () => {
    const { result } = renderHook(() => useSecondsUntil(now + 3_000));
    expect(result.current).toBe(3);
    act(() => vi.advanceTimersByTime(1_000));
    expect(result.current).toBe(2);
    act(() => vi.advanceTimersByTime(5_000));
    expect(result.current).toBe(0);
  });

  it('is as long as the server asks', () => {
    const headers = { 'retry-after': '14' };
    const refused = problemFrom(new Response(null, { status: 429, headers }), {
      code: 'too_many_attempts',
    });
    expect(secondsUntil(refused.retryAt, now)).toBe(14);
    expect(problemFrom(new Response(null, { status: 409 }), {}).retryAt).toBeNull();
  });
});
