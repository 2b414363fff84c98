import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Group, TenantReference, UpdatePolicy } from '@/api/types';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Card, Page, PageIntro } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { useCan } from '@/features/session/session';
import { useShownTenants } from '@/features/tenants/shown-tenants';
import { groupsQuery } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { DeletePolicyDialog } from './delete-policy-dialog';
import { policiesQuery } from './policies';
import classes from './policies.module.css';
import { PoliciesViews } from './policies-views';
import { PolicyList } from './policy-list';
import { PolicyPresets } from './policy-presets';
import { policyTree } from './policy-tree';

export function PoliciesPage({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  if (useCan('read_devices')) return <Policies tenantId={tenantId} />;
  return <ForbiddenPage title={t('policies.title')} />;
}

function Policies({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  const tenants = useShownTenants(tenantId);
  const list = useQuery(policiesQuery(tenantId));
  const groups = useQuery(groupsQuery(tenantId));
  const policies = list.data?.items ?? [];
  const failed = [list, groups].find((query) => query.isError && !query.data);
  return (
    <Page title={t('policies.title')} beside={<PoliciesViews />}>
      <PageIntro>{t('policies.intro')}</PageIntro>
      {failed && <ProblemState error={failed.error} onRetry={() => void failed.refetch()} />}
      {!failed && !(list.data && groups.data) && <PageSkeleton />}
      {list.data && groups.data && (
        <div className={classes.stack}>
          {tenants.map((tenant) => (
            <TenantPolicies
              key={tenant.id}
              tenant={tenant}
              policies={policies.filter(({ tenant_id }) => tenant_id === tenant.id)}
              groups={groups.data.items.filter(({ tenant_id }) => tenant_id === tenant.id)}
              alone={tenants.length === 1}
            />
          ))}
        </div>
      )}
    </Page>
  );
}

interface TenantPoliciesProps {
  tenant: TenantReference;
  policies: readonly UpdatePolicy[];
  groups: readonly Group[];
  /** An empty tenant among others needs no lesson. */
  alone: boolean;
}

function TenantPolicies({ tenant, policies, groups, alone }: TenantPoliciesProps) {
  const { t } = useTranslation();
  const mayChange = useCan('manage_update_policies');
  const [leaving, setLeaving] = useState<UpdatePolicy | null>(null);
  const create = mayChange && (
    <Button
      variant={alone ? 'filled' : 'default'}
      leftSection={<IconPlus size={16} aria-hidden />}
      aria-label={alone ? undefined : t('policies.create_for', { name: tenant.name })}
      renderRoot={(props) => (
        <Link to="/settings/update-policies/new" search={{ tenant: tenant.id }} {...props} />
      )}
    >
      {t('policies.create')}
    </Button>
  );
  return (
    <Card title={tenant.name} actions={create} flush={policies.length > 0}>
      {policies.length > 0 && (
        <PolicyList
          label={t('policies.of', { name: tenant.name })}
          nodes={policyTree(tenant, policies, groups)}
          onDelete={mayChange ? setLeaving : null}
        />
      )}
      {policies.length === 0 && alone && <PolicyPresets tenant={tenant} mayChange={mayChange} />}
      {policies.length === 0 && !alone && <p className={classes.none}>{t('policies.none')}</p>}
      {leaving && (
        <DeletePolicyDialog
          policy={leaving}
          tenant={tenant.name}
          policies={policies}
          groups={groups}
          onClose={() => setLeaving(null)}
        />
      )}
    </Card>
  );
}
