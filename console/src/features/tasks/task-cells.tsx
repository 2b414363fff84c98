import { Progress } from '@mantine/core';
import { IconCalendarOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import type { Task, UpdateCategory, When } from '@/api/types';
import { useExactTime } from '@/components/relative-time';
import { StateBadge, type Tone } from '@/components/state-badge';
import { waitText } from '@/features/maintenance/explanation-words';
import { reasonText, taskStateText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { browserTimeZone } from '@/util/format';
import { useFormat } from '@/util/use-format';
import { useNow } from '@/util/use-now';
import classes from './task-cells.module.css';

const tones: Record<Task['state'], Tone> = {
  queued: 'waiting',
  delivered: 'waiting',
  waiting_for_window: 'waiting',
  running: 'working',
  succeeded: 'ok',
  failed: 'failed',
  cancelled: 'neutral',
  expired: 'attention',
};

export function TaskState({ task, filled }: { task: Task; filled?: boolean }) {
  const { t } = useTranslation();
  return (
    <StateBadge tone={tones[task.state]} filled={filled}>
      {taskStateText(t, task.state)}
    </StateBadge>
  );
}

export function TaskProgress({ task }: { task: Task }) {
  const { t } = useTranslation();
  const { progress } = task;
  if (task.state !== 'running') return null;
  if (progress?.restart_at) return <RestartProgress progress={progress} />;
  const done = progress?.done ?? null;
  const total = progress?.total ?? null;
  const counted = done !== null && total !== null;
  const share = counted && total > 0 ? (done / total) * 100 : null;
  const percent = progress?.percent ?? share;
  return (
    <div className={classes.progress}>
      <Progress
        value={percent ?? 100}
        animated={percent === null}
        striped={percent === null}
        size={6}
        color="var(--lat-waiting)"
        aria-label={t('tasks.progress')}
      />
      <span className={classes.dim}>
        {counted ? t('tasks.progress_of', { done, total }) : t('tasks.progress_unknown')}
        {progress?.current && ` · ${progress.current}`}
      </span>
    </div>
  );
}

function RestartProgress({ progress }: { progress: NonNullable<Task['progress']> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const exact = useExactTime();
  const now = useNow();
  const at = progress.restart_at;
  if (!at) return null;
  const postponed = progress.postponed ?? 0;
  return (
    <StateBadge tone="waiting" hint={exact(at)}>
      {t('restart.at', { time: format.soon(at, now) })}
      {postponed > 0 && ` · ${t('restart.postponed', { count: postponed })}`}
    </StateBadge>
  );
}

/** What a task waits for, with a way to the whole reasoning; nothing where it does not wait. */
export function TaskWait({ task }: { task: Task }) {
  const { t } = useTranslation();
  const format = useFormat();
  const exact = useExactTime();
  const { waits_for, waiting_until, state } = task;
  if (state !== 'waiting_for_window') return null;
  const time = waiting_until ? format.moment(waiting_until, browserTimeZone()) : null;
  const text = waitText(t, waits_for ?? 'window', time);
  return (
    <Link
      to="/tasks/$taskId"
      params={{ taskId: task.id }}
      hash="why"
      className={classes.cut}
      data-hint={waiting_until ? exact(waiting_until) : undefined}
    >
      {text}
    </Link>
  );
}

/** Marks what a person has forced through. */
export function OutsideWindow({ task, filled }: { task: Task; filled?: boolean }) {
  const { t } = useTranslation();
  if (!task.breaks_windows) return null;
  return (
    <StateBadge
      tone="attention"
      icon={IconCalendarOff}
      filled={filled}
      hint={t('maintenance.breaks_hint')}
    >
      {t('maintenance.breaks')}
    </StateBadge>
  );
}

/** The result in a list: what went wrong in words, else the numbers that there are. */
export function TaskResult({ task }: { task: Task }) {
  const { t } = useTranslation();
  if (task.state === 'running') return <TaskProgress task={task} />;
  if (task.state === 'waiting_for_window') return <TaskWait task={task} />;
  if (task.reason_code) {
    const { title, remedy } = reasonText(t, task.reason_code);
    return (
      <span className={classes.cut} data-hint={`${title}\n${remedy}`}>
        {title}
      </span>
    );
  }
  if (task.updates.length === 0) return <OutsideWindow task={task} />;
  const installed = task.updates.filter(({ outcome }) => outcome === 'installed').length;
  const failed = task.updates.filter(({ outcome }) => outcome === 'failed').length;
  return (
    <span className={classes.cut}>
      {t('outcomes.installed_count', { count: installed })}
      {failed > 0 && ` · ${t('actions.failed_count', { count: failed })}`}
    </span>
  );
}

export function TaskDuration({ task }: { task: Task }) {
  const format = useFormat();
  const now = useNow();
  if (!task.started_at) return null;
  const end = task.finished_at ? Date.parse(task.finished_at) : now;
  return format.duration(end - Date.parse(task.started_at));
}

/** Which updates an installation is about. */
export function scopeText(
  t: TFunction,
  chosen: number | null,
  categories: readonly UpdateCategory[] | null,
): string {
  if (chosen !== null) return t('common.updates', { count: chosen });
  if (categories === null) return t('tasks.scope_all');
  const names = categories.map((category) => t(`update_categories.${category}`));
  return t('tasks.scope_categories', { categories: names.join(', ') });
}

export function useWhenText(): (when: When) => string {
  const { t } = useTranslation();
  const exact = useExactTime();
  return (when) =>
    when.type === 'at'
      ? t('tasks.when_at', { time: exact(when.at) })
      : t(`tasks.when_${when.type}`);
}
