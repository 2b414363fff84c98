import { useTranslation } from '@/i18n/use-translation';
import { browserTimeZone, isTimeZone } from '@/util/format';
import { useFormat } from '@/util/use-format';
import { useNow } from '@/util/use-now';

interface RelativeTimeProps {
  at: string;
  /** The device's own zone; its time is added to the hint where it differs from the reader's. */
  deviceZone?: string | null;
}

export function useExactTime(): (at: string, deviceZone?: string | null) => string {
  const { t } = useTranslation();
  const format = useFormat();
  return (at, deviceZone) => {
    const zone = browserTimeZone();
    const time = format.dateTime(at);
    if (!deviceZone || deviceZone === zone || !isTimeZone(deviceZone)) {
      return t('common.exact_time', { time, zone });
    }
    const deviceTime = format.dateTime(at, deviceZone);
    if (deviceTime === time) return t('common.exact_time', { time, zone });
    return t('common.exact_time_both', {
      time,
      zone,
      device_time: deviceTime,
      device_zone: deviceZone,
    });
  };
}

export function RelativeTime({ at, deviceZone }: RelativeTimeProps) {
  const format = useFormat();
  const now = useNow();
  return (
    // The hint layer writes the exact time when somebody asks for it.
    <time dateTime={at} data-exact={deviceZone ?? ''}>
      {format.relative(at, now)}
    </time>
  );
}
