import { Button } from '@mantine/core';
import { IconUserPlus, IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { User } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Page } from '@/components/page';
import { ProblemState } from '@/components/problem-state';
import { DataTable } from '@/components/table/data-table';
import { SearchField } from '@/components/table/search-field';
import { TableFooter } from '@/components/table/table-footer';
import tools from '@/components/table/table-tools.module.css';
import { usePages } from '@/components/table/use-pages';
import { NoMatch } from '@/features/devices/no-match';
import { useCan } from '@/features/session/session';
import { useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { InviteDialog } from './invite-dialog';
import type { UserTask } from './user-actions';
import { userColumns } from './user-columns';
import { UserDialog } from './user-dialogs';
import { type TenantUserSearch, type UserSearch, userPageSize, userQuery } from './user-search';
import { userListQuery } from './users';

export function UsersPage({ search }: { search: TenantUserSearch }) {
  const { t } = useTranslation();
  if (useCan('manage_users')) return <Users search={search} />;
  return <ForbiddenPage title={t('users.title')} />;
}

const none: User[] = [];

function Users({ search }: { search: TenantUserSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const list = useQuery(userListQuery(userQuery(search)));
  const several = useTenants().length > 1 && search.tenant === undefined;
  const [chosen, setChosen] = useState<{ task: UserTask; user: User } | null>(null);
  const columns = useMemo(
    () => userColumns({ t, several, onTask: (task, user) => setChosen({ task, user }) }),
    [t, several],
  );
  const users = list.data?.items ?? none;
  const pages = usePages({
    size: userPageSize,
    cursor: search.cursor,
    next: list.data?.next_cursor,
    count: users.length,
    total: list.data?.total ?? null,
  });
  const change = (values: Partial<UserSearch>) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, cursor: undefined, ...values }),
      replace: true,
    });
  };
  const invite = (
    <Button
      leftSection={<IconUserPlus size={16} aria-hidden />}
      onClick={() => change({ create: 'user' })}
    >
      {t('users.invite')}
    </Button>
  );
  return (
    <Page fills title={t('users.title')} actions={invite}>
      <div className={tools.toolbar}>
        <SearchField
          label={t('users.search')}
          value={search.search}
          onChange={(text) => change({ search: text })}
        />
      </div>
      {list.isError && !list.data ? (
        <ProblemState error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <>
          <DataTable
            label={t('users.title')}
            columns={columns}
            rows={users}
            rowId={(user) => user.id}
            rowName={(user) => user.name}
            loading={list.isPending}
            stale={list.isPlaceholderData}
            onOpen={(user) => {
              if (user.change.allowed) setChosen({ task: 'edit', user });
            }}
            keyboard
            empty={
              search.search ? (
                <NoMatch onClear={() => change({ search: undefined })} />
              ) : (
                <EmptyState
                  icon={IconUsers}
                  title={t('users.empty_title')}
                  body={t('users.empty_body')}
                />
              )
            }
          />
          <TableFooter pages={pages} />
        </>
      )}
      {search.create === 'user' && (
        <InviteDialog tenantId={search.tenant} onClose={() => change({ create: undefined })} />
      )}
      {chosen && <UserDialog {...chosen} onClose={() => setChosen(null)} />}
    </Page>
  );
}
