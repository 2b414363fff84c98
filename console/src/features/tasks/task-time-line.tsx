import type { Task } from '@/api/types';
import { RelativeTime } from '@/components/relative-time';
import { creatorText, taskStateText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import classes from './task-page.module.css';
import { isFinished } from './tasks';

interface Step {
  key: 'created' | 'delivered' | 'started' | 'finished';
  at: string | null;
  before: string | null;
  failed?: boolean;
}

function stepsOf(task: Task): Step[] {
  const created = task.created_at;
  const delivered = task.delivered_at ?? null;
  const started = task.started_at ?? null;
  const finished = task.finished_at ?? null;
  const steps: Step[] = [
    { key: 'created', at: created, before: null },
    { key: 'delivered', at: delivered, before: created },
    { key: 'started', at: started, before: delivered ?? created },
    {
      key: 'finished',
      at: finished,
      before: started ?? created,
      failed: task.state === 'failed',
    },
  ];
  // A task that ended early never reached the steps between.
  return isFinished(task) ? steps.filter((step) => step.at !== null) : steps;
}

export function TaskTimeLine({ task }: { task: Task }) {
  return (
    <ol className={classes.steps}>
      {stepsOf(task).map((step) => (
        <TimeLineStep key={step.key} step={step} task={task} />
      ))}
    </ol>
  );
}

function TimeLineStep({ step, task }: { step: Step; task: Task }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (step.at === null) {
    return (
      <li className={classes.step} data-state="open">
        {t(`tasks.step_${step.key}`)}
        <span>{t('tasks.step_waiting')}</span>
      </li>
    );
  }
  const length = step.before ? Date.parse(step.at) - Date.parse(step.before) : null;
  return (
    <li className={classes.step} data-state={step.failed ? 'failed' : 'done'}>
      {step.key === 'finished' ? taskStateText(t, task.state) : t(`tasks.step_${step.key}`)}
      <span>
        <RelativeTime at={step.at} />
        {length !== null && ` · ${t('tasks.after', { duration: format.duration(length) })}`}
        {step.key === 'created' &&
          ` · ${t('tasks.asked_by', { name: creatorText(t, task.created_by_kind, task.created_by) })}`}
      </span>
    </li>
  );
}
