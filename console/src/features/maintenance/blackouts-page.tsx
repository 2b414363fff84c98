import { Button } from '@mantine/core';
import { IconCalendarDollar, IconCalendarOff, IconConfetti, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Blackout, TenantReference } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { EmptyState } from '@/components/empty-state';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Card, Page, PageIntro } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { useCan } from '@/features/session/session';
import { useShownTenants } from '@/features/tenants/shown-tenants';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { BlackoutCalendar } from './blackout-calendar';
import { BlackoutList } from './blackout-list';
import { type BlackoutPreset, blackoutPresets, presetBlackouts } from './blackout-rules';
import { blackoutsQuery, useDeleteBlackout } from './maintenance';
import classes from './maintenance.module.css';
import { MaintenanceViews } from './maintenance-views';
import { TenantsWithout } from './tenants-without';
import { blackoutSentence } from './window-words';

export function BlackoutsPage({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  if (useCan('read_devices')) return <Blackouts tenantId={tenantId} />;
  return <ForbiddenPage title={t('maintenance.title')} />;
}

function Blackouts({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  const tenants = useShownTenants(tenantId);
  const list = useQuery(blackoutsQuery(tenantId));
  const blackouts = list.data?.items ?? [];
  const alone = tenants.length === 1;
  const shown = alone
    ? tenants
    : tenants.filter(({ id }) => blackouts.some(({ tenant_id }) => tenant_id === id));
  return (
    <Page title={t('maintenance.title')} beside={<MaintenanceViews />}>
      <PageIntro>{t('maintenance.blackouts.intro')}</PageIntro>
      {list.isError && !list.data && (
        <ProblemState error={list.error} onRetry={() => void list.refetch()} />
      )}
      {list.isPending && <PageSkeleton />}
      {list.data && (
        <div className={classes.stack}>
          {shown.map((tenant) => (
            <TenantBlackouts
              key={tenant.id}
              tenant={tenant}
              blackouts={blackouts.filter(({ tenant_id }) => tenant_id === tenant.id)}
              alone={alone}
            />
          ))}
          {blackouts.length > 0 && <BlackoutCalendar blackouts={blackouts} />}
          <TenantsWithout
            title={t('maintenance.blackouts.without_any')}
            tenants={alone ? [] : tenants.filter((tenant) => !shown.includes(tenant))}
            create={(tenant) => <CreateBlackout tenant={tenant} />}
          />
        </div>
      )}
    </Page>
  );
}

function CreateBlackout({ tenant, alone = false }: { tenant: TenantReference; alone?: boolean }) {
  const { t } = useTranslation();
  if (!useCan('manage_maintenance_windows')) return null;
  return (
    <Button
      variant={alone ? 'filled' : 'default'}
      leftSection={<IconPlus size={16} aria-hidden />}
      aria-label={alone ? undefined : t('maintenance.blackouts.create_for', { name: tenant.name })}
      renderRoot={(props) => (
        <Link to="/maintenance/blackouts/new" search={{ tenant: tenant.id }} {...props} />
      )}
    >
      {t('maintenance.blackouts.create')}
    </Button>
  );
}

interface TenantBlackoutsProps {
  tenant: TenantReference;
  blackouts: readonly Blackout[];
  alone: boolean;
}

function TenantBlackouts({ tenant, blackouts, alone }: TenantBlackoutsProps) {
  const { t } = useTranslation();
  const mayChange = useCan('manage_maintenance_windows');
  const remove = useDeleteBlackout();
  const [leaving, setLeaving] = useState<Blackout | null>(null);
  const create = <CreateBlackout tenant={tenant} alone={alone} />;
  const some = blackouts.length > 0;
  return (
    <Card title={tenant.name} actions={create} flush={some}>
      {some && (
        <BlackoutList
          label={t('maintenance.blackouts.of', { name: tenant.name })}
          blackouts={blackouts}
          onDelete={mayChange ? setLeaving : null}
        />
      )}
      {!some && <Lesson tenant={tenant} mayChange={mayChange} />}
      {leaving && (
        <ConfirmDialog
          opened
          title={t('maintenance.blackouts.delete_title', { name: leaving.name })}
          body={t('maintenance.blackouts.delete_body')}
          confirm={t('maintenance.blackouts.delete_confirm')}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(leaving.id, { onSuccess: () => setLeaving(null) })}
          onClose={() => setLeaving(null)}
        />
      )}
    </Card>
  );
}

const icons: Record<BlackoutPreset, typeof IconConfetti> = {
  tax_days: IconCalendarDollar,
  year_end: IconConfetti,
};

/** What a blackout does, and two to begin with; choosing one only fills the form in. */
function Lesson({ tenant, mayChange }: { tenant: TenantReference; mayChange: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <EmptyState
      icon={IconCalendarOff}
      title={t('maintenance.blackouts.empty_title')}
      body={t('maintenance.blackouts.empty_body')}
    >
      {mayChange && (
        <ul className={classes.presets} aria-label={t('maintenance.blackouts.presets.label')}>
          {blackoutPresets.map((preset) => {
            const Icon = icons[preset];
            return (
              <li key={preset}>
                <Link
                  to="/maintenance/blackouts/new"
                  search={{ tenant: tenant.id, preset }}
                  className={classes.preset}
                >
                  <span className={classes.presetName}>
                    <Icon size={18} stroke={1.7} aria-hidden />
                    {t(`maintenance.blackouts.presets.${preset}`)}
                  </span>
                  <span className={classes.dim}>
                    {blackoutSentence(t, format, presetBlackouts[preset], '')}
                  </span>
                </Link>
              </li>
            );
          })}
        </ul>
      )}
    </EmptyState>
  );
}
