import { useQuery } from '@tanstack/react-query';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import type { Task } from '@/api/types';
import { ProblemState } from '@/components/problem-state';
import { DataTable } from '@/components/table/data-table';
import { TableFooter } from '@/components/table/table-footer';
import { useTranslation } from '@/i18n/use-translation';
import { isDescending } from '@/util/query-string';
import { taskColumns } from './task-columns';
import { standardTaskSort, type TenantTaskSearch, taskListParameters } from './task-search';
import { taskListQuery, useTaskCount } from './tasks';

interface TaskTableProps {
  search: TenantTaskSearch;
  withDevice: boolean;
  empty: ReactNode;
}

const noTasks: Task[] = [];
const noTrail: string[] = [];
const pageSize = 50;

export function TaskTable({ search, withDevice, empty }: TaskTableProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const trail = useRouterState({ select: ({ location }) => location.state.trail }) ?? noTrail;
  const query = taskListParameters(search);
  const list = useQuery(taskListQuery(query));
  const total = useTaskCount(query);
  const columns = useMemo(() => taskColumns(t, withDevice), [t, withDevice]);
  const rows = list.data?.items ?? noTasks;
  const nextCursor = list.data?.next_cursor ?? null;
  const turnTo = (cursor: string | undefined, nextTrail: string[]) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, cursor }),
      state: { trail: nextTrail },
    });
  };
  if (list.isError && !list.data) {
    return <ProblemState error={list.error} onRetry={() => void list.refetch()} />;
  }
  return (
    <>
      <DataTable
        label={t('tasks.title')}
        columns={columns}
        rows={rows}
        rowId={(task) => task.id}
        rowName={(task) => task.device.hostname}
        loading={list.isPending}
        stale={list.isPlaceholderData}
        sort={search.sort ?? standardTaskSort}
        onSort={(sort) =>
          void navigate({
            to: '.',
            search: (previous) => ({
              ...previous,
              cursor: undefined,
              sort: isDescending(sort) ? '-created_at' : 'created_at',
            }),
          })
        }
        onOpen={(task) => void navigate({ to: '/tasks/$taskId', params: { taskId: task.id } })}
        keyboard
        empty={empty}
      />
      <TableFooter
        pages={{
          from:
            search.cursor === undefined || trail.length > 0 ? trail.length * pageSize + 1 : null,
          count: rows.length,
          total,
          previous:
            search.cursor === undefined
              ? null
              : () => turnTo(trail.at(-1) || undefined, trail.slice(0, -1)),
          next:
            nextCursor === null ? null : () => turnTo(nextCursor, [...trail, search.cursor ?? '']),
        }}
      />
    </>
  );
}
