import { Button } from '@mantine/core';
import { IconBuildingPlus, IconBuildings } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Tenant } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Card, Page } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { DataTable } from '@/components/table/data-table';
import { ActionDialog } from '@/features/actions/action-dialog';
import type { ActionIntent } from '@/features/actions/schedule';
import { useCan, useSession } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import { DeleteTenantDialog, EditTenantDialog, NewTenantDialog } from './tenant-dialogs';
import { TenantForm } from './tenant-form';
import { tenantsQuery } from './tenants';
import { type TenantTask, tenantsColumns } from './tenants-columns';
import classes from './tenants-page.module.css';

interface TenantsPageProps {
  /** Whether the address asks for the form for a new tenant. */
  creating: boolean;
}

/** A provider's people see their clients; a client's see the settings of their own organisation. */
export function TenantsPage({ creating }: TenantsPageProps) {
  const { t } = useTranslation();
  const managesTenants = useCan('manage_tenants');
  const managesSettings = useCan('manage_settings');
  if (managesTenants) return <Tenants creating={creating} mayEdit={managesSettings} />;
  if (managesSettings) return <OwnTenant />;
  return <ForbiddenPage title={t('tenants.title')} />;
}

const none: Tenant[] = [];

function Tenants({ creating, mayEdit }: TenantsPageProps & { mayEdit: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  // Counts of devices and people grow old.
  const list = useQuery({ ...tenantsQuery, staleTime: 0 });
  const [intent, setIntent] = useState<ActionIntent | null>(null);
  const [chosen, setChosen] = useState<{ task: TenantTask; tenant: Tenant } | null>(null);
  const columns = useMemo(
    () =>
      tenantsColumns({
        t,
        mayEdit,
        onTask: (task, tenant) => setChosen({ task, tenant }),
        onAsk: (wish, tenant) =>
          setIntent({ ...wish, target: { type: 'matching', filter: { tenant_id: tenant.id } } }),
      }),
    [t, mayEdit],
  );
  const setCreating = (open: boolean) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, create: open ? 'tenant' : undefined }),
      replace: true,
    });
  };
  const create = (
    <Button
      leftSection={<IconBuildingPlus size={16} aria-hidden />}
      onClick={() => setCreating(true)}
    >
      {t('tenants.create')}
    </Button>
  );
  const close = () => setChosen(null);
  return (
    <Page fills title={t('tenants.title')} actions={create}>
      {list.isError && !list.data ? (
        <ProblemState error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <DataTable
          label={t('tenants.title')}
          columns={columns}
          rows={list.data?.items ?? none}
          rowId={(tenant) => tenant.id}
          rowName={(tenant) => tenant.name}
          loading={list.isPending}
          onOpen={(tenant) => {
            if (mayEdit && !tenant.deletion) setChosen({ task: 'edit', tenant });
          }}
          keyboard
          empty={
            <EmptyState
              icon={IconBuildings}
              title={t('tenants.empty_title')}
              body={t('tenants.empty_body')}
            />
          }
        />
      )}
      <ActionDialog intent={intent} onClose={() => setIntent(null)} />
      {creating && <NewTenantDialog onClose={() => setCreating(false)} />}
      {chosen?.task === 'edit' && <EditTenantDialog tenant={chosen.tenant} onClose={close} />}
      {chosen?.task === 'delete' && <DeleteTenantDialog tenant={chosen.tenant} onClose={close} />}
    </Page>
  );
}

function OwnTenant() {
  const { t } = useTranslation();
  const session = useSession();
  const list = useQuery(tenantsQuery);
  const [saved, setSaved] = useState(false);
  const own = list.data?.items.find(({ id }) => id === session.tenant.id);
  return (
    <Page narrow title={t('tenants.own_title')}>
      {list.isError && <ProblemState error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <PageSkeleton />}
      {own && (
        <Card title={own.name}>
          <div className={classes.form}>
            <TenantForm tenant={own} onSaved={() => setSaved(true)} />
          </div>
          <p role="status" className={classes.status}>
            {saved && t('common.saved')}
          </p>
        </Card>
      )}
    </Page>
  );
}
