import { useNavigate, useRouterState } from '@tanstack/react-router';
import type { Pages } from './table-footer';

const none: string[] = [];

interface PagesOptions {
  size: number;
  /** The cursor in the address. */
  cursor: string | undefined;
  next: string | null | undefined;
  count: number;
  total: number | null;
}

/** Turns the pages of a keyset list; the history remembers how to turn back. */
export function usePages({ size, cursor, next, count, total }: PagesOptions): Pages {
  const navigate = useNavigate();
  const trail = useRouterState({ select: ({ location }) => location.state.trail }) ?? none;
  const turnTo = (to: string | undefined, nextTrail: string[]) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, cursor: to }),
      state: { trail: nextTrail },
    });
  };
  return {
    /** Unknown when the address of a later page was opened directly. */
    from: cursor === undefined || trail.length > 0 ? trail.length * size + 1 : null,
    count,
    total,
    previous:
      cursor === undefined ? null : () => turnTo(trail.at(-1) || undefined, trail.slice(0, -1)),
    next: next ? () => turnTo(next, [...trail, cursor ?? '']) : null,
  };
}
