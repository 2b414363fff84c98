import { IconPlayerStop } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import { useState } from 'react';
import type { Action } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { GuardedButton } from '@/components/guarded-button';
import { Card, Fact, Facts, Page } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { RelativeTime, useExactTime } from '@/components/relative-time';
import { StateBadge } from '@/components/state-badge';
import { FilterSelect } from '@/components/table/filter-select';
import tools from '@/components/table/table-tools.module.css';
import { NoMatch } from '@/features/devices/no-match';
import { useCan } from '@/features/session/session';
import { scopeText, useWhenText } from '@/features/tasks/task-cells';
import { type TaskSearch, taskStates } from '@/features/tasks/task-search';
import { TaskTable } from '@/features/tasks/task-table';
import { creatorText, disabledText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { ActionFailures } from './action-failures';
import classes from './action-page.module.css';
import { Counts, StackedBar } from './action-progress';
import { actionQuery, summarise, useCancelAction } from './actions';
import { OutsideWindowsCount } from './outside-windows';

export type ActionPageSearch = Pick<TaskSearch, 'state' | 'sort' | 'cursor'>;

interface ActionPageProps {
  id: string;
  search: ActionPageSearch;
}

export function ActionPage({ id, search }: ActionPageProps) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(actionQuery(id));
  if (data) return <LoadedAction action={data} search={search} />;
  return (
    <Page title={t('actions.title')}>
      {error ? <ProblemState error={error} onRetry={() => void refetch()} /> : <PageSkeleton />}
    </Page>
  );
}

function titleOf(t: TFunction, { kind, tasks_total: count }: Action): string {
  const titles = {
    scan: () => t('actions.page_title_scan', { count }),
    install_updates: () => t('actions.page_title_install', { count }),
    restart: () => t('actions.page_title_restart', { count }),
  };
  return titles[kind]();
}

function LoadedAction({ action, search }: { action: Action; search: ActionPageSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const show = (state: TaskSearch['state']) =>
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, cursor: undefined, state }),
    });
  const ended = Boolean(action.ended_at);
  return (
    <Page
      title={titleOf(t, action)}
      above={
        <Link to="/actions" className={classes.back}>
          {t('actions.back_to_list')}
        </Link>
      }
      beside={
        <>
          <StateBadge tone={ended ? 'neutral' : 'working'} filled>
            {t(ended ? 'actions.ended' : 'actions.open')}
          </StateBadge>
          <OutsideWindowsCount action={action} />
        </>
      }
      actions={<CancelAction action={action} />}
    >
      <ActionCourse action={action} />
      <div className={classes.columns} data-failures={action.failures.length > 0}>
        {action.failures.length > 0 && <ActionFailures failures={action.failures} onShow={show} />}
        <ActionDetails action={action} />
      </div>
      <section className={classes.tasks} aria-label={t('actions.tasks')}>
        <div className={tools.toolbar}>
          <h2 className={classes.heading}>{t('actions.tasks')}</h2>
          <FilterSelect
            label={t('filters.state')}
            any={t('filters.any_state')}
            value={search.state}
            options={taskStates.map((state) => ({
              value: state,
              label: t(`task_states.${state}`),
            }))}
            onChange={show}
          />
        </div>
        <TaskTable
          search={{ ...search, action: action.id }}
          withDevice
          empty={<NoMatch onClear={() => show(undefined)} />}
        />
      </section>
    </Page>
  );
}

function ActionCourse({ action }: { action: Action }) {
  const { t } = useTranslation();
  const counts = summarise(action);
  const percent = t('actions.progress_percent', { percent: action.percent });
  return (
    <section className={classes.course} aria-label={t('actions.progress')}>
      <StackedBar counts={counts} size={12} label={percent} />
      <div className={classes.counts}>
        <strong>{percent}</strong>
        <span className={classes.dim}>
          {t('actions.progress_done', { done: counts.finished, total: counts.total })}
        </span>
        <Counts counts={counts} />
      </div>
    </section>
  );
}

function ActionDetails({ action }: { action: Action }) {
  const { t } = useTranslation();
  const whenText = useWhenText();
  const exact = useExactTime();
  const { started_at, ended_at, deadline } = action;
  return (
    <Card title={t('actions.details')}>
      <Facts>
        <Fact name={t('columns.created')}>
          <RelativeTime at={action.created_at} />
        </Fact>
        <Fact name={t('columns.created_by')}>
          {creatorText(t, action.created_by_kind, action.created_by)}
        </Fact>
        <Fact name={t('tasks.when')}>{whenText(action.when)}</Fact>
        <Fact name={t('actions.deadline_at')}>
          {deadline ? exact(deadline) : t('actions.no_deadline')}
        </Fact>
        {action.kind === 'install_updates' && (
          <Fact name={t('tasks.scope')}>
            {scopeText(t, action.update_count ?? null, action.categories ?? null)}
          </Fact>
        )}
        {typeof action.delay_minutes === 'number' && (
          <Fact name={t('tasks.delay')}>
            {t('tasks.delay_minutes', { count: action.delay_minutes })}
          </Fact>
        )}
        <Fact name={t('actions.started_at')}>
          {started_at ? exact(started_at) : t('actions.not_yet')}
        </Fact>
        <Fact name={t('actions.ended_at')}>
          {ended_at ? exact(ended_at) : t('actions.not_yet')}
        </Fact>
      </Facts>
    </Card>
  );
}

function CancelAction({ action }: { action: Action }) {
  const { t } = useTranslation();
  const mayCancel = useCan('cancel_tasks');
  const [asking, setAsking] = useState(false);
  const cancel = useCancelAction();
  const { allowed, reason } = action.can.cancel;
  const counts = summarise(action);
  const close = () => {
    setAsking(false);
    cancel.reset();
  };
  if (!mayCancel) return null;
  return (
    <>
      <GuardedButton
        variant="default"
        leftSection={<IconPlayerStop size={16} aria-hidden />}
        reason={allowed ? null : disabledText(t, reason ?? 'forbidden')}
        onClick={() => setAsking(true)}
      >
        {t('actions.cancel')}
      </GuardedButton>
      <ConfirmDialog
        opened={asking}
        title={t('actions.cancel_title')}
        body={t('actions.cancel_body', { count: counts.total - counts.finished })}
        confirm={t('actions.cancel')}
        dismiss={t('actions.keep')}
        busy={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate(action.id, { onSuccess: close })}
        onClose={close}
      />
    </>
  );
}
