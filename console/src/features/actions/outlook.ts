import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import type { ActionOutlook, ActionOutlookRequest } from '@/api/types';
import { outlookQuery } from '@/features/maintenance/maintenance';
import { browserTimeZone, type Format } from '@/util/format';
import { type ActionIntent, narrowFilter, type Schedule, whenOf } from './schedule';

/** The server's refusal of work that would break windows unconfirmed. */
export const outsideWindow = 'outside_maintenance_window';

const pause = 300;

/** What the windows of the chosen devices say. A scan is bound by none. */
export function useOutlook(
  intent: ActionIntent,
  ids: readonly string[] | null,
  schedule: Schedule,
  sound: boolean,
) {
  const { kind, target } = intent;
  const asked: ActionOutlookRequest = {
    kind,
    device_ids: ids ? [...ids] : undefined,
    filter: target.type === 'matching' ? narrowFilter(target.filter, kind) : undefined,
    // While a time is being typed, the windows are asked about now.
    when: sound ? whenOf(schedule) : { type: 'now' },
  };
  const text = JSON.stringify(asked);
  const [settled] = useDebouncedValue(text, pause);
  const body: ActionOutlookRequest = JSON.parse(settled);
  const bound = kind !== 'scan' && (ids === null || ids.length > 0);
  return useQuery(outlookQuery(bound ? body : null));
}

/** Whether some window or blackout would be broken at the chosen time. */
export function isBroken(outlook: ActionOutlook | undefined, schedule: Schedule): boolean {
  return schedule.choice !== 'in_window' && (outlook?.broken.length ?? 0) > 0;
}

/** When the window opens, over all the chosen devices; `null` where no opening is in sight. */
export function windowHintText(
  t: TFunction,
  format: Format,
  outlook: ActionOutlook,
): string | null {
  const { first_opening: opening, last_opening_at: last, devices, open } = outlook;
  if (devices > 0 && open === devices) return t('actions.in_window_open');
  if (!opening) return null;
  // One device is told on its own clock, several on the reader's.
  const at = (instant: string) => format.moment(instant, browserTimeZone());
  const first = devices === 1 ? format.moment(opening.local_starts_at) : at(opening.starts_at);
  if (!last || at(last) === at(opening.starts_at)) return t('actions.in_window_first', { first });
  return t('actions.in_window_range', { first, last: at(last) });
}
