import { IconGavel } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { EmptyState } from '@/components/empty-state';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Card, Page, PageIntro } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { useCan } from '@/features/session/session';
import { useShownTenants } from '@/features/tenants/shown-tenants';
import { useTranslation } from '@/i18n/use-translation';
import { DecisionList } from './decision-list';
import { decisionsQuery } from './policies';
import classes from './policies.module.css';
import { PoliciesViews } from './policies-views';

export function DecisionsPage({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  if (useCan('read_devices')) return <Decisions tenantId={tenantId} />;
  return <ForbiddenPage title={t('policies.title')} />;
}

function Decisions({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  const tenants = useShownTenants(tenantId);
  const list = useQuery(decisionsQuery(tenantId));
  const decisions = list.data?.items ?? [];
  const shown = tenants
    .map((tenant) => ({
      tenant,
      own: decisions.filter(({ tenant_id }) => tenant_id === tenant.id),
    }))
    .filter(({ own }) => own.length > 0);
  return (
    <Page title={t('policies.title')} beside={<PoliciesViews />}>
      <PageIntro>{t('policies.decisions_intro')}</PageIntro>
      {list.isError && !list.data && (
        <ProblemState error={list.error} onRetry={() => void list.refetch()} />
      )}
      {list.isPending && <PageSkeleton />}
      {list.data && (
        <div className={classes.stack}>
          {shown.map(({ tenant, own }) => (
            <Card key={tenant.id} title={tenant.name} flush>
              <DecisionList
                decisions={own}
                withUpdate
                label={t('policies.decisions_of', { name: tenant.name })}
              />
            </Card>
          ))}
          {shown.length === 0 && (
            <EmptyState
              icon={IconGavel}
              title={t('policies.decisions_empty_title')}
              body={t('policies.decisions_empty_body')}
            />
          )}
        </div>
      )}
    </Page>
  );
}
