import { useEffect, useState } from 'react';

/** Whole seconds until an instant, never below none. */
export function secondsUntil(instant: number | null, now: number): number {
  return instant === null ? 0 : Math.max(0, Math.ceil((instant - now) / 1_000));
}

/** Counts down to an instant and stops there. */
export function useSecondsUntil(instant: number | null): number {
  const [now, setNow] = useState(Date.now);
  const left = secondsUntil(instant, now);
  const counting = left > 0;
  useEffect(() => {
    setNow(Date.now());
    if (instant === null || secondsUntil(instant, Date.now()) === 0) return;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [instant]);
  useEffect(() => {
    if (!counting) setNow(Date.now());
  }, [counting]);
  return left;
}
