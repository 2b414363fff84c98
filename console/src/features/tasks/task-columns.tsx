import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import type { Task } from '@/api/types';
import { RelativeTime } from '@/components/relative-time';
import type { DataColumn } from '@/components/table/data-table';
import { actionKindText, creatorText } from '@/i18n/codes';
import { TaskDuration, TaskResult, TaskState } from './task-cells';
import classes from './task-cells.module.css';

export function taskColumns(t: TFunction, withDevice: boolean): DataColumn<Task>[] {
  const device: DataColumn<Task> = {
    id: 'device',
    meta: { title: t('columns.device'), width: 210 },
    cell: ({ row }) => (
      <Link to="/devices/$deviceId" params={{ deviceId: row.original.device.id }}>
        {row.original.device.hostname}
      </Link>
    ),
  };
  return [
    {
      id: 'task',
      meta: { title: t('columns.task'), width: 190 },
      cell: ({ row }) => (
        <Link to="/tasks/$taskId" params={{ taskId: row.original.id }} className={classes.link}>
          {actionKindText(t, row.original.kind)}
        </Link>
      ),
    },
    ...(withDevice ? [device] : []),
    {
      id: 'state',
      meta: { title: t('columns.state'), width: 180 },
      cell: ({ row }) => <TaskState task={row.original} />,
    },
    {
      id: 'result',
      meta: { title: t('columns.result') },
      cell: ({ row }) => <TaskResult task={row.original} />,
    },
    {
      id: 'created',
      meta: { title: t('columns.created'), width: 130, sortKey: 'created_at' },
      cell: ({ row }) => <RelativeTime at={row.original.created_at} />,
    },
    {
      id: 'duration',
      meta: { title: t('columns.duration'), width: 110 },
      cell: ({ row }) => <TaskDuration task={row.original} />,
    },
    {
      id: 'created_by',
      meta: { title: t('columns.created_by'), width: 160 },
      cell: ({ row }) => creatorText(t, row.original.created_by_kind, row.original.created_by),
    },
  ];
}
