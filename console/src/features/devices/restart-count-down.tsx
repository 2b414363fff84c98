import { useQuery } from '@tanstack/react-query';
import type { Device } from '@/api/types';
import { useExactTime } from '@/components/relative-time';
import { StateBadge } from '@/components/state-badge';
import { CancelTaskButton } from '@/features/tasks/cancel-task-button';
import { taskListQuery } from '@/features/tasks/tasks';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { useNow } from '@/util/use-now';
import classes from './device-page.module.css';

/** A restart that counts down: when, how often it was put off, and the way to call it off. */
export function RestartCountDown({ device }: { device: Device }) {
  const { t } = useTranslation();
  const format = useFormat();
  const exact = useExactTime();
  const now = useNow();
  const at = device.restart.scheduled_at;
  const running = useQuery({
    ...taskListQuery({ device_id: device.id, kind: 'restart', state: 'running', limit: 1 }),
    enabled: Boolean(at),
  });
  if (!at) return null;
  const task = running.data?.items.find((found) => found.device.id === device.id);
  const { postponed } = device.restart;
  return (
    <div className={classes.countDown}>
      <StateBadge tone="waiting" hint={exact(at, device.time_zone)}>
        {t('restart.at', { time: format.soon(at, now) })}
        {postponed > 0 && ` · ${t('restart.postponed', { count: postponed })}`}
      </StateBadge>
      {task && (
        <CancelTaskButton task={task} label={t('restart.cancel')} body={t('restart.cancel_body')} />
      )}
    </div>
  );
}
