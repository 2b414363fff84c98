import type { TFunction } from 'i18next';
import type { User } from '@/api/types';
import { RelativeTime } from '@/components/relative-time';
import type { DataColumn } from '@/components/table/data-table';
import { Name } from '@/components/table/name';
import { UserActions, type UserTask } from './user-actions';
import { UserName, UserRole, UserSecondFactor, UserState } from './user-cells';

interface UserColumnsOptions {
  t: TFunction;
  /** Whether people of more than one tenant are on screen. */
  several: boolean;
  onTask: (task: UserTask, user: User) => void;
}

export function userColumns({ t, several, onTask }: UserColumnsOptions): DataColumn<User>[] {
  const tenant: DataColumn<User> = {
    id: 'tenant',
    meta: { title: t('columns.tenant'), width: 170 },
    cell: ({ row }) => <Name name={row.original.tenant.name} />,
  };
  return [
    {
      id: 'person',
      meta: { title: t('columns.person'), atLeast: 190 },
      cell: ({ row }) => <UserName user={row.original} />,
    },
    ...(several ? [tenant] : []),
    {
      id: 'role',
      meta: { title: t('columns.role'), width: 150 },
      cell: ({ row }) => <UserRole user={row.original} />,
    },
    {
      id: 'state',
      meta: { title: t('columns.state'), width: 190 },
      cell: ({ row }) => <UserState user={row.original} />,
    },
    {
      id: 'second_factor',
      meta: { title: t('columns.second_factor'), width: 130 },
      cell: ({ row }) => <UserSecondFactor user={row.original} />,
    },
    {
      id: 'signed_in',
      meta: { title: t('columns.signed_in'), width: 140 },
      cell: ({ row }) =>
        row.original.signed_in_at ? (
          <RelativeTime at={row.original.signed_in_at} />
        ) : (
          t('common.never')
        ),
    },
    {
      id: 'actions',
      meta: { title: t('columns.actions'), width: 126 },
      cell: ({ row }) => <UserActions user={row.original} onTask={onTask} />,
    },
  ];
}
