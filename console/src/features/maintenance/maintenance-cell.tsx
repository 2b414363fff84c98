import { IconCalendarClock, IconCalendarOff, IconCalendarPlus } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import type { Device, DeviceMaintenance } from '@/api/types';
import { useExactTime } from '@/components/relative-time';
import { StateBadge, type Tone } from '@/components/state-badge';
import { useTranslation } from '@/i18n/use-translation';
import type { Format } from '@/util/format';
import { useFormat } from '@/util/use-format';
import { clockOf } from './local-span';
import classes from './maintenance.module.css';

interface CellText {
  text: string;
  tone: Tone;
  icon?: typeof IconCalendarClock;
  /** The instant that the text is about. */
  at: string | null;
  hint: string | null;
}

const day = 86_400_000;

/** On the device's clock: the time alone where it is near, the weekday within a week. */
function near(format: Format, at: string, local: string | null | undefined, now: number): string {
  const said = local ?? at;
  const distance = Date.parse(at) - now;
  if (distance < day / 2) return clockOf(said);
  return distance < 6 * day ? format.weekdayTime(said) : format.moment(said);
}

/** Never the time alone: it would not say whether it is today's or tomorrow's. */
function nextTime(
  format: Format,
  next: string,
  local: string | null | undefined,
  now: number,
): string {
  const said = local ?? next;
  return Date.parse(next) - now < 6 * day ? format.weekdayTime(said) : format.moment(said);
}

/** How a device stands with its windows, in a few words. */
export function maintenanceText(
  t: TFunction,
  format: Format,
  maintenance: DeviceMaintenance,
  now: number,
): CellText {
  const { open, because, until, next, local_until, local_next } = maintenance;
  if (open) {
    if (because === 'without_window') {
      const text = t('maintenance.cell.any_time');
      const hint = t('maintenance.cell.any_time_hint');
      return { text, tone: 'neutral', at: null, hint };
    }
    const text = until
      ? t('maintenance.cell.open_until', { time: near(format, until, local_until, now) })
      : t('maintenance.cell.open');
    return { text, tone: 'ok', at: until ?? null, hint: null };
  }
  if (because === 'without_window') {
    const text = t('maintenance.cell.no_window');
    const hint = t('maintenance.cell.no_window_hint');
    return { text, tone: 'attention', icon: IconCalendarPlus, at: null, hint };
  }
  const time = next ? nextTime(format, next, local_next, now) : null;
  if (because === 'blackout') {
    const text = time
      ? t('maintenance.cell.blackout_next', { time })
      : t('maintenance.cell.blackout');
    return { text, tone: 'failed', icon: IconCalendarOff, at: next ?? null, hint: null };
  }
  if (time === null) {
    return { text: t('maintenance.cell.never'), tone: 'attention', at: null, hint: null };
  }
  return { text: time, tone: 'waiting', icon: IconCalendarClock, at: next ?? null, hint: null };
}

/** Open, the next opening, or why there is none; the exact time is the hint. */
export function MaintenanceCell({ device }: { device: Device }) {
  const { t } = useTranslation();
  const format = useFormat();
  const exact = useExactTime();
  const maintenance = device.maintenance_window;
  if (!maintenance) {
    return (
      <StateBadge tone="unknown" hint={t('maintenance.cell.unknown_hint')}>
        {t('common.unknown')}
      </StateBadge>
    );
  }
  const { text, tone, icon, at, hint } = maintenanceText(t, format, maintenance, Date.now());
  return (
    <span className={classes.cell}>
      <StateBadge
        tone={tone}
        icon={icon}
        hint={hint ?? (at ? exact(at, device.time_zone) : undefined)}
      >
        {text}
      </StateBadge>
    </span>
  );
}
