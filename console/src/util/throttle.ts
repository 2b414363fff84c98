/** Runs at once, then at most once a period; a call in between runs at the period's end. */
export function throttle(run: () => void, period: number): { call: () => void; stop: () => void } {
  let last = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const fire = () => {
    timer = undefined;
    last = performance.now();
    run();
  };
  return {
    call: () => {
      if (timer !== undefined) return;
      const wait = last + period - performance.now();
      if (wait <= 0) fire();
      else timer = setTimeout(fire, wait);
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
