import type { MaintenanceWindow } from '@/api/types';
import { minutesOf, weekdays } from './week-shape';

const dayMinutes = 24 * 60;

/** The part of a window that lies in one day, in minutes from its midnight. */
export interface DayBlock {
  window: MaintenanceWindow;
  from: number;
  to: number;
  /** Blocks that overlap stand below one another. */
  lane: number;
}

export interface DayBlocks {
  lanes: number;
  blocks: DayBlock[];
}

function inLanes(blocks: Omit<DayBlock, 'lane'>[]): DayBlocks {
  const ends: number[] = [];
  const placed = blocks
    .toSorted((one, other) => one.from - other.from)
    .map((block) => {
      const free = ends.findIndex((end) => end <= block.from);
      const lane = free === -1 ? ends.length : free;
      ends[lane] = block.to;
      return { ...block, lane };
    });
  return { lanes: ends.length, blocks: placed };
}

/** The weekly windows, cut at midnights, by the days of a usual week. */
export function blocksOf(windows: readonly MaintenanceWindow[]): DayBlocks[] {
  const days: Omit<DayBlock, 'lane'>[][] = weekdays.map(() => []);
  for (const window of windows) {
    const { recurrence, start_time, duration_minutes } = window.definition;
    if (recurrence.type !== 'weekly') continue;
    for (const day of recurrence.days) {
      let from = minutesOf(start_time) ?? 0;
      let left = duration_minutes;
      for (let index = weekdays.indexOf(day); left > 0; index += 1) {
        const to = Math.min(dayMinutes, from + left);
        days[index % 7]?.push({ window, from, to });
        left -= to - from;
        from = 0;
      }
    }
  }
  return days.map(inLanes);
}
