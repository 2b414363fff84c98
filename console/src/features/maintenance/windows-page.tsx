import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Group, MaintenanceWindow, TenantReference } from '@/api/types';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Card, Page, PageIntro } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { useCan } from '@/features/session/session';
import { useShownTenants } from '@/features/tenants/shown-tenants';
import { groupsQuery } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { DeleteWindowDialog } from './delete-window-dialog';
import { windowsQuery } from './maintenance';
import classes from './maintenance.module.css';
import { MaintenanceViews } from './maintenance-views';
import { TenantsWithout } from './tenants-without';
import { WeekOverview } from './week-overview';
import { WindowList } from './window-list';
import { WindowPresets } from './window-presets';
import { WithoutWindowCard } from './without-window-card';

export function WindowsPage({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  if (useCan('read_devices')) return <Windows tenantId={tenantId} />;
  return <ForbiddenPage title={t('maintenance.title')} />;
}

function Windows({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  const tenants = useShownTenants(tenantId);
  const list = useQuery(windowsQuery(tenantId));
  const groups = useQuery(groupsQuery(tenantId));
  const windows = list.data?.items ?? [];
  const alone = tenants.length === 1;
  const shown = alone
    ? tenants
    : tenants.filter(({ id }) => windows.some(({ tenant_id }) => tenant_id === id));
  const failed = [list, groups].find((query) => query.isError && !query.data);
  return (
    <Page title={t('maintenance.title')} beside={<MaintenanceViews />}>
      <PageIntro>{t('maintenance.intro')}</PageIntro>
      {failed && <ProblemState error={failed.error} onRetry={() => void failed.refetch()} />}
      {!failed && !(list.data && groups.data) && <PageSkeleton />}
      {list.data && groups.data && (
        <div className={classes.stack}>
          {shown.map((tenant) => (
            <TenantWindows
              key={tenant.id}
              tenant={tenant}
              windows={windows.filter(({ tenant_id }) => tenant_id === tenant.id)}
              groups={groups.data.items.filter(({ tenant_id }) => tenant_id === tenant.id)}
              alone={alone}
            />
          ))}
          <TenantsWithout
            title={t('maintenance.without_any')}
            tenants={alone ? [] : tenants.filter((tenant) => !shown.includes(tenant))}
            create={(tenant) => <CreateWindow tenant={tenant} />}
          />
        </div>
      )}
    </Page>
  );
}

function CreateWindow({ tenant, alone = false }: { tenant: TenantReference; alone?: boolean }) {
  const { t } = useTranslation();
  if (!useCan('manage_maintenance_windows')) return null;
  return (
    <Button
      variant={alone ? 'filled' : 'default'}
      leftSection={<IconPlus size={16} aria-hidden />}
      aria-label={alone ? undefined : t('maintenance.create_for', { name: tenant.name })}
      renderRoot={(props) => (
        <Link to="/maintenance/windows/new" search={{ tenant: tenant.id }} {...props} />
      )}
    >
      {t('maintenance.create')}
    </Button>
  );
}

interface TenantWindowsProps {
  tenant: TenantReference;
  windows: readonly MaintenanceWindow[];
  groups: readonly Group[];
  /** Among others it needs no grid. */
  alone: boolean;
}

function TenantWindows({ tenant, windows, groups, alone }: TenantWindowsProps) {
  const { t } = useTranslation();
  const mayChange = useCan('manage_maintenance_windows');
  const [leaving, setLeaving] = useState<MaintenanceWindow | null>(null);
  const create = <CreateWindow tenant={tenant} alone={alone} />;
  const some = windows.length > 0;
  return (
    <>
      <Card title={tenant.name} actions={create} flush={some}>
        {some && (
          <WindowList
            label={t('maintenance.of', { name: tenant.name })}
            windows={windows}
            groups={groups}
            onDelete={mayChange ? setLeaving : null}
          />
        )}
        {!some && <WindowPresets tenant={tenant} mayChange={mayChange} />}
      </Card>
      {alone && some && <WeekOverview windows={windows} />}
      {alone && <WithoutWindowCard tenantId={tenant.id} />}
      {leaving && (
        <DeleteWindowDialog
          window={leaving}
          windows={windows}
          groups={groups}
          onClose={() => setLeaving(null)}
        />
      )}
    </>
  );
}
