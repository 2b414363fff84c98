import { Button } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { ApiToken } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { EmptyState } from '@/components/empty-state';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Page, PageIntro } from '@/components/page';
import { ProblemState } from '@/components/problem-state';
import { DataTable } from '@/components/table/data-table';
import { TableFooter } from '@/components/table/table-footer';
import { usePages } from '@/components/table/use-pages';
import { useCan } from '@/features/session/session';
import { useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { apiTokenColumns } from './api-token-columns';
import {
  apiTokenListQuery,
  apiTokenPageSize,
  type TenantApiTokenSearch,
  useRevokeApiToken,
} from './api-tokens';
import { NewApiTokenDialog } from './new-api-token-dialog';

export function ApiTokensPage({ search }: { search: TenantApiTokenSearch }) {
  const { t } = useTranslation();
  if (useCan('manage_api_tokens')) return <ApiTokens search={search} />;
  return <ForbiddenPage title={t('api_tokens.title')} />;
}

const none: ApiToken[] = [];

function ApiTokens({ search }: { search: TenantApiTokenSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const list = useQuery(
    apiTokenListQuery({
      tenant_id: search.tenant,
      limit: apiTokenPageSize,
      cursor: search.cursor,
    }),
  );
  const several = useTenants().length > 1 && search.tenant === undefined;
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  const columns = useMemo(
    () => apiTokenColumns({ t, several, onRevoke: setRevoking }),
    [t, several],
  );
  const tokens = list.data?.items ?? none;
  const pages = usePages({
    size: apiTokenPageSize,
    cursor: search.cursor,
    next: list.data?.next_cursor,
    count: tokens.length,
    total: list.data?.total ?? null,
  });
  const setCreating = (open: boolean) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, create: open ? 'token' : undefined }),
      replace: true,
    });
  };
  const create = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      {t('api_tokens.create')}
    </Button>
  );
  return (
    <Page fills title={t('api_tokens.title')} actions={create}>
      <PageIntro>{t('api_tokens.intro')}</PageIntro>
      {list.isError && !list.data ? (
        <ProblemState error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <>
          <DataTable
            label={t('api_tokens.title')}
            columns={columns}
            rows={tokens}
            rowId={(token) => token.id}
            rowName={(token) => token.name}
            loading={list.isPending}
            stale={list.isPlaceholderData}
            keyboard
            empty={
              <EmptyState
                icon={IconKey}
                title={t('api_tokens.empty_title')}
                body={t('api_tokens.empty_body')}
              />
            }
          />
          <TableFooter pages={pages} />
        </>
      )}
      {search.create === 'token' && (
        <NewApiTokenDialog tenantId={search.tenant} onClose={() => setCreating(false)} />
      )}
      {revoking && <RevokeDialog token={revoking} onClose={() => setRevoking(null)} />}
    </Page>
  );
}

function RevokeDialog({ token, onClose }: { token: ApiToken; onClose: () => void }) {
  const { t } = useTranslation();
  const revoke = useRevokeApiToken();
  return (
    <ConfirmDialog
      opened
      title={t('api_tokens.revoke_title', { name: token.name })}
      body={t('api_tokens.revoke_body')}
      confirm={t('api_tokens.revoke_confirm')}
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate(token.id, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
