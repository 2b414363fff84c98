import { Button, Menu } from '@mantine/core';
import {
  IconClipboardList,
  IconFileSpreadsheet,
  IconFileText,
  IconRefresh,
  IconShieldCheck,
  IconTableExport,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { AuditEvent, AuditExport } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Page } from '@/components/page';
import { ProblemState } from '@/components/problem-state';
import { DataTable } from '@/components/table/data-table';
import { TableFooter } from '@/components/table/table-footer';
import tools from '@/components/table/table-tools.module.css';
import { usePages } from '@/components/table/use-pages';
import { NoMatch } from '@/features/devices/no-match';
import { useCan } from '@/features/session/session';
import { useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { auditListQuery, exportAddress } from './audit';
import { auditColumns } from './audit-columns';
import { AuditDetails } from './audit-details';
import { AuditFilters } from './audit-filters';
import {
  type AuditSearch,
  auditFilter,
  auditPageSize,
  auditQuery,
  isNarrowed,
  noAuditFilter,
  type TenantAuditSearch,
} from './audit-search';
import { VerifyDialog } from './verify-dialog';

export function AuditPage({ search }: { search: TenantAuditSearch }) {
  const { t } = useTranslation();
  if (useCan('read_audit')) return <Audit search={search} />;
  return <ForbiddenPage title={t('audit.title')} />;
}

const none: AuditEvent[] = [];

function Audit({ search }: { search: TenantAuditSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const list = useQuery(auditListQuery(auditQuery(search)));
  const several = useTenants().length > 1 && search.tenant === undefined;
  const [verifying, setVerifying] = useState(false);
  const columns = useMemo(() => auditColumns(t, several), [t, several]);
  const events = list.data?.items ?? none;
  const pages = usePages({
    size: auditPageSize,
    cursor: search.cursor,
    next: list.data?.next_cursor,
    count: events.length,
    total: list.data?.total ?? null,
  });
  const change = (values: Partial<AuditSearch>, replace = false) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, cursor: undefined, event: undefined, ...values }),
      replace,
    });
  };
  const open = (event: string | undefined) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, event }),
      // The way back to earlier pages of the list stays.
      state: (previous) => previous,
    });
  };
  const actions = (
    <>
      <Button
        variant="default"
        leftSection={<IconRefresh size={16} aria-hidden />}
        loading={list.isFetching && !list.isPending}
        onClick={() => void list.refetch()}
      >
        {t('audit.refresh')}
      </Button>
      <ExportMenu search={search} />
      <Button
        variant="default"
        leftSection={<IconShieldCheck size={16} aria-hidden />}
        onClick={() => setVerifying(true)}
      >
        {t('audit.verify')}
      </Button>
    </>
  );
  return (
    <Page fills title={t('audit.title')} actions={actions}>
      <div className={tools.toolbar}>
        <AuditFilters search={search} onChange={change} />
      </div>
      {list.isError && !list.data ? (
        <ProblemState error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <>
          <DataTable
            label={t('audit.title')}
            columns={columns}
            rows={events}
            rowId={(event) => event.id}
            rowName={(event) => event.action}
            loading={list.isPending}
            stale={list.isPlaceholderData}
            onOpen={(event) => open(event.id)}
            keyboard
            empty={
              isNarrowed(search) ? (
                <NoMatch onClear={() => change(noAuditFilter)} />
              ) : (
                <EmptyState
                  icon={IconClipboardList}
                  title={t('audit.empty_title')}
                  body={t('audit.empty_body')}
                />
              )
            }
          />
          <TableFooter pages={pages} />
        </>
      )}
      <AuditDetails
        event={events.find(({ id }) => id === search.event)}
        onClose={() => open(undefined)}
        onNarrow={(values) => change({ ...noAuditFilter, ...values })}
      />
      {verifying && <VerifyDialog tenantId={search.tenant} onClose={() => setVerifying(false)} />}
    </Page>
  );
}

/** Plain links: the browser shows the progress and keeps the file. */
function ExportMenu({ search }: { search: TenantAuditSearch }) {
  const { t } = useTranslation();
  const address = (format: AuditExport['format']) =>
    exportAddress({ format, ...auditFilter(search) });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconTableExport size={16} aria-hidden />}>
          {t('audit.export')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          component="a"
          href={address('csv')}
          download
          leftSection={<IconFileSpreadsheet size={16} stroke={1.7} aria-hidden />}
        >
          {t('audit.export_csv')}
        </Menu.Item>
        <Menu.Item
          component="a"
          href={address('jsonl')}
          download
          leftSection={<IconFileText size={16} stroke={1.7} aria-hidden />}
        >
          {t('audit.export_jsonl')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
