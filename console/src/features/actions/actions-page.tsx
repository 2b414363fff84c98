import { Button } from '@mantine/core';
import { IconListCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { ActionSummary } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { Page } from '@/components/page';
import { ProblemState } from '@/components/problem-state';
import { DataTable } from '@/components/table/data-table';
import { FilterSelect } from '@/components/table/filter-select';
import { TableFooter } from '@/components/table/table-footer';
import tools from '@/components/table/table-tools.module.css';
import { usePages } from '@/components/table/use-pages';
import { NoMatch } from '@/features/devices/no-match';
import { TasksViews } from '@/features/tasks/tasks-views';
import { actionKindText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { actionColumns } from './action-columns';
import {
  type ActionSearch,
  actionCreators,
  actionKinds,
  actionListParameters,
  actionPageSize,
  actionStates,
  type TenantActionSearch,
} from './action-search';
import { actionListQuery } from './actions';

const none: ActionSummary[] = [];

/** What people, programs and policies asked for, newest first. */
export function ActionsPage({ search }: { search: TenantActionSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const list = useQuery(actionListQuery(actionListParameters(search)));
  const columns = useMemo(() => actionColumns(t), [t]);
  const actions = list.data?.items ?? none;
  const pages = usePages({
    size: actionPageSize,
    cursor: search.cursor,
    next: list.data?.next_cursor,
    count: actions.length,
    total: null,
  });
  const change = (values: Partial<ActionSearch>) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, cursor: undefined, ...values }),
    });
  };
  const filtered = search.kind || search.by || search.state;
  const clear = () => change({ kind: undefined, by: undefined, state: undefined });
  if (list.isError && !list.data) {
    return (
      <Page title={t('actions.list_title')} beside={<TasksViews />}>
        <ProblemState error={list.error} onRetry={() => void list.refetch()} />
      </Page>
    );
  }
  return (
    <Page fills title={t('actions.list_title')} beside={<TasksViews />}>
      <Filters search={search} onChange={change} />
      <DataTable
        label={t('actions.list_title')}
        columns={columns}
        rows={actions}
        rowId={(action) => action.id}
        rowName={(action) => actionKindText(t, action.kind)}
        loading={list.isPending}
        stale={list.isPlaceholderData}
        onOpen={({ id }) => void navigate({ to: '/actions/$actionId', params: { actionId: id } })}
        keyboard
        empty={filtered ? <NoMatch onClear={clear} /> : <NothingYet />}
      />
      <TableFooter pages={pages} />
    </Page>
  );
}

interface FiltersProps {
  search: ActionSearch;
  onChange: (values: Partial<ActionSearch>) => void;
}

function Filters({ search, onChange }: FiltersProps) {
  const { t } = useTranslation();
  return (
    <div className={tools.toolbar}>
      <FilterSelect
        label={t('filters.state')}
        any={t('filters.any_state')}
        value={search.state}
        options={actionStates.map((state) => ({ value: state, label: t(`actions.${state}`) }))}
        onChange={(state) => onChange({ state })}
      />
      <FilterSelect
        label={t('filters.kind')}
        any={t('filters.any_kind')}
        value={search.kind}
        options={actionKinds.map((kind) => ({ value: kind, label: t(`action_kinds.${kind}`) }))}
        onChange={(kind) => onChange({ kind })}
      />
      <FilterSelect
        label={t('columns.created_by')}
        any={t('filters.anybody')}
        value={search.by}
        options={actionCreators.map((by) => ({ value: by, label: t(`filters.by_${by}`) }))}
        onChange={(by) => onChange({ by })}
      />
    </div>
  );
}

function NothingYet() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={IconListCheck}
      title={t('actions.empty_title')}
      body={t('actions.empty_body')}
    >
      <Button variant="default" renderRoot={(props) => <Link to="/updates" {...props} />}>
        {t('tasks.go_to_updates')}
      </Button>
    </EmptyState>
  );
}
