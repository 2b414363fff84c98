import { IconListCheck } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Device } from '@/api/types';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import classes from './device-cells.module.css';

/** How many tasks the device still has to end, with the way to them. */
export function OpenTasks({ device }: { device: Device }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (device.open_tasks === 0) return null;
  return (
    <Link
      className={classes.open}
      to="/devices/$deviceId"
      params={{ deviceId: device.id }}
      search={{ tab: 'tasks' }}
      aria-label={t('devices.open_tasks', { count: device.open_tasks })}
      data-hint={t('devices.open_tasks', { count: device.open_tasks })}
    >
      <IconListCheck size={15} aria-hidden />
      {format.number(device.open_tasks)}
    </Link>
  );
}
