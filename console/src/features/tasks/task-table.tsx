import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import type { Task } from '@/api/types';
import { ProblemState } from '@/components/problem-state';
import { DataTable } from '@/components/table/data-table';
import { TableFooter } from '@/components/table/table-footer';
import { usePages } from '@/components/table/use-pages';
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
const pageSize = 50;

export function TaskTable({ search, withDevice, empty }: TaskTableProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const query = taskListParameters(search);
  const list = useQuery(taskListQuery(query));
  const total = useTaskCount(query);
  const columns = useMemo(() => taskColumns(t, withDevice), [t, withDevice]);
  const rows = list.data?.items ?? noTasks;
  const pages = usePages({
    size: pageSize,
    cursor: search.cursor,
    next: list.data?.next_cursor,
    count: rows.length,
    total,
  });
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
      <TableFooter pages={pages} />
    </>
  );
}
