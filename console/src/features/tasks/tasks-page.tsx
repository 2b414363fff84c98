import { Button } from '@mantine/core';
import { IconListCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { EmptyState } from '@/components/empty-state';
import { Page } from '@/components/page';
import { FilterChip } from '@/components/table/filter-chip';
import { FilterSelect } from '@/components/table/filter-select';
import tools from '@/components/table/table-tools.module.css';
import { Counts } from '@/features/actions/action-progress';
import { actionQuery, summarise } from '@/features/actions/actions';
import { deviceDetailQuery } from '@/features/devices/devices';
import { NoMatch } from '@/features/devices/no-match';
import { actionKindText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { type TaskSearch, type TenantTaskSearch, taskKinds, taskStates } from './task-search';
import { TaskTable } from './task-table';
import classes from './tasks-page.module.css';
import { TasksViews } from './tasks-views';

export function TasksPage({ search }: { search: TenantTaskSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const change = (values: Partial<TaskSearch>) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, cursor: undefined, ...values }),
    });
  };
  const filtered = search.state || search.kind || search.action || search.device;
  const clear = () =>
    change({ state: undefined, kind: undefined, action: undefined, device: undefined });
  return (
    <Page fills title={t('tasks.title')} beside={<TasksViews />}>
      <div className={tools.toolbar}>
        <FilterSelect
          label={t('filters.state')}
          any={t('filters.any_state')}
          value={search.state}
          options={taskStates.map((state) => ({ value: state, label: t(`task_states.${state}`) }))}
          onChange={(state) => change({ state })}
        />
        <FilterSelect
          label={t('filters.kind')}
          any={t('filters.any_kind')}
          value={search.kind}
          options={taskKinds.map((kind) => ({ value: kind, label: t(`action_kinds.${kind}`) }))}
          onChange={(kind) => change({ kind })}
        />
        {search.device && (
          <DeviceChip id={search.device} onRemove={() => change({ device: undefined })} />
        )}
        {search.action && (
          <FilterChip label={t('tasks.of_action')} onRemove={() => change({ action: undefined })} />
        )}
      </div>
      {search.action && <ActionHeadline id={search.action} />}
      <TaskTable
        search={search}
        withDevice
        empty={filtered ? <NoMatch onClear={clear} /> : <NothingYet />}
      />
    </Page>
  );
}

function NothingYet() {
  const { t } = useTranslation();
  return (
    <EmptyState icon={IconListCheck} title={t('tasks.empty_title')} body={t('tasks.empty_body')}>
      <Button variant="default" renderRoot={(props) => <Link to="/updates" {...props} />}>
        {t('tasks.go_to_updates')}
      </Button>
    </EmptyState>
  );
}

function DeviceChip({ id, onRemove }: { id: string; onRemove: () => void }) {
  const { t } = useTranslation();
  const { data } = useQuery(deviceDetailQuery(id));
  return (
    <FilterChip label={t('filters.device', { name: data?.hostname ?? id })} onRemove={onRemove} />
  );
}

function ActionHeadline({ id }: { id: string }) {
  const { t } = useTranslation();
  const { data } = useQuery(actionQuery(id));
  if (!data) return null;
  const summary = summarise(data);
  return (
    <div className={classes.headline}>
      <strong>{actionKindText(t, data.kind)}</strong>
      <span>{t('actions.progress_done', { done: summary.finished, total: summary.total })}</span>
      <Counts counts={summary} />
    </div>
  );
}
