import { clockText, minutesOf } from './week-shape';

const dayMinutes = 24 * 60;

/** The time that somebody means by “22:00”, “9:30”, “2200”, “930”, “22.00” or “22”. */
export function clockTyped(text: string): string | null {
  const match = /^(\d{1,2})(?:[:.]?(\d{2}))?$/.exec(text.trim());
  if (!match) return null;
  const [, hours = '', minutes = '00'] = match;
  const time = `${hours.padStart(2, '0')}:${minutes}`;
  return minutesOf(time) === null ? null : time;
}

/** A time so many minutes later or earlier; the day is a circle. */
export function clockMoved(text: string, by: number): string | null {
  const minutes = minutesOf(clockTyped(text) ?? '');
  return minutes === null ? null : clockText((minutes + by + dayMinutes) % dayMinutes);
}
