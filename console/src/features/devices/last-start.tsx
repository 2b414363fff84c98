import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Device, Task } from '@/api/types';
import { RelativeTime } from '@/components/relative-time';
import { taskListQuery } from '@/features/tasks/tasks';
import { creatorText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import classes from './device-page.module.css';

/** Clocks of machines jump while they start. */
const slack = 5 * 60_000;

/** Whether the machine's last start was this task's doing. */
export function explainsStart(task: Task, booted: string): boolean {
  const { started_at: begun, finished_at: ended } = task;
  if (task.state !== 'succeeded' || !begun || !ended) return false;
  const start = Date.parse(booted);
  return Date.parse(begun) - slack <= start && start <= Date.parse(ended) + slack;
}

/** When the machine started last, and who made it do that. */
export function LastStart({ device }: { device: Device }) {
  const { t } = useTranslation();
  const { booted_at: booted, last_restart: last, time_zone: zone } = device;
  const query = useQuery({
    ...taskListQuery({ device_id: device.id, kind: 'restart', state: 'succeeded', limit: 1 }),
    enabled: typeof booted === 'string',
  });
  if (!booted) return t('common.unknown');
  const task = query.data?.items.find((candidate) => explainsStart(candidate, booted));
  const program = last?.process?.split(/[\\/]/).at(-1);
  const by = last?.by ?? null;
  return (
    <>
      <RelativeTime at={booted} deviceZone={zone ?? null} />
      {task && (
        <div className={classes.dim}>
          <Link to="/tasks/$taskId" params={{ taskId: task.id }}>
            {t('devices.restart_task', {
              name: creatorText(t, task.created_by_kind, task.created_by),
            })}
          </Link>
        </div>
      )}
      {!task && by && (
        <div className={classes.dim}>
          {program
            ? t('devices.restarted_by_with', { account: by, program })
            : t('devices.restarted_by', { account: by })}
          {last?.comment && <div>{last.comment}</div>}
        </div>
      )}
    </>
  );
}
