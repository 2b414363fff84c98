import { Button } from '@mantine/core';
import { IconArrowLeft, IconDownload } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Task } from '@/api/types';
import { Card, Page } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { useDevice } from '@/features/devices/devices';
import { waitText } from '@/features/maintenance/explanation-words';
import { WhyNotNow } from '@/features/maintenance/why-not-now';
import { actionKindText, hresultName, hresultText, isHresult, reasonText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { browserTimeZone } from '@/util/format';
import { useFormat } from '@/util/use-format';
import { CancelTaskButton } from './cancel-task-button';
import { OutsideWindow, TaskProgress, TaskState } from './task-cells';
import { TaskDetails } from './task-details';
import { TaskOutput } from './task-output';
import classes from './task-page.module.css';
import { TaskTimeLine } from './task-time-line';
import { TaskUpdates } from './task-updates';
import { isFinished, logAddress, useTask } from './tasks';

export function TaskPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const { data: task, error, refetch } = useTask(id);
  if (task) return <LoadedTask task={task} />;
  return (
    <Page title={t('tasks.title')}>
      {error ? <ProblemState error={error} onRetry={() => void refetch()} /> : <PageSkeleton />}
    </Page>
  );
}

function LoadedTask({ task }: { task: Task }) {
  const { t } = useTranslation();
  const back = (
    <Link to="/tasks" className={classes.back}>
      <IconArrowLeft size={14} aria-hidden />
      {t('tasks.back_to_tasks')}
    </Link>
  );
  const title = t('tasks.page_title', {
    kind: actionKindText(t, task.kind),
    device: task.device.hostname,
  });
  return (
    <Page
      title={title}
      above={back}
      beside={
        <>
          <TaskState task={task} filled />
          <OutsideWindow task={task} filled />
        </>
      }
      actions={<TaskActions task={task} />}
    >
      <Reason task={task} />
      <TaskProgress task={task} />
      {isWaiting(task) && task.kind !== 'scan' && (
        <div id="why">
          <WhyNotNow
            deviceId={task.device.id}
            only={task.kind === 'restart' ? 'restart' : 'update'}
          />
        </div>
      )}
      <div className={classes.columns}>
        <div className={classes.column}>
          {task.updates.length > 0 && <TaskUpdates updates={task.updates} />}
          <TaskOutput task={task} />
        </div>
        <div className={classes.column}>
          <Card title={t('tasks.time_line')}>
            <TaskTimeLine task={task} />
          </Card>
          <TaskDetails task={task} />
        </div>
      </div>
    </Page>
  );
}

/** Whether it waits for what windows decide. */
function isWaiting(task: Task): boolean {
  if (isFinished(task) || task.state === 'running') return false;
  return task.state === 'waiting_for_window' || task.when.type === 'in_window';
}

/** What happened, what it means and what to do. */
function Reason({ task }: { task: Task }) {
  const { t } = useTranslation();
  const device = useDevice(task.device.id);
  if (task.reason_code) {
    const detail = task.reason_detail ?? '';
    // Where updates are listed, each has its own code, and the reason is about all of them.
    const { title, remedy } =
      task.updates.length === 0 && isHresult(detail)
        ? hresultText(t, detail)
        : reasonText(t, task.reason_code);
    return (
      <div className={classes.reason} data-state={task.state}>
        <strong>{title}</strong>
        <span>{remedy}</span>
        <code>{[task.reason_code, detail, hresultName(detail)].filter(Boolean).join(' · ')}</code>
      </div>
    );
  }
  if (isFinished(task) || task.state === 'running') return null;
  if (isWaiting(task)) return <Wait task={task} />;
  if (device.data?.connection !== 'offline') return null;
  return (
    <div className={classes.reason}>
      <span>{t('tasks.waiting_offline')}</span>
    </div>
  );
}

/** What it waits for, in a sentence. */
function Wait({ task }: { task: Task }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { waiting_until, waits_for } = task;
  const time = waiting_until ? format.moment(waiting_until, browserTimeZone()) : null;
  return (
    <div className={classes.reason}>
      <span>{waitText(t, waits_for ?? 'window', time)}</span>
    </div>
  );
}

function TaskActions({ task }: { task: Task }) {
  const { t } = useTranslation();
  const hasLog = typeof task.log_bytes === 'number';
  const log = (
    <Button
      variant="default"
      leftSection={<IconDownload size={16} aria-hidden />}
      component="a"
      href={logAddress(task.id)}
      download
    >
      {t('tasks.download_log')}
    </Button>
  );
  return (
    <>
      <CancelTaskButton
        task={task}
        label={t('tasks.cancel')}
        body={t(
          task.state === 'running' ? 'tasks.cancel_body_running' : 'tasks.cancel_body_queued',
        )}
      />
      {hasLog && log}
    </>
  );
}
