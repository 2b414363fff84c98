import { IconArrowLeft } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Update } from '@/api/types';
import { Page } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { UpdateDecisions } from '@/features/policies/update-decisions';
import { useTranslation } from '@/i18n/use-translation';
import { InstallLacking } from './install-lacking';
import { useTitle } from './title';
import { UpdateDevices } from './update-devices';
import { UpdateFacts } from './update-facts';
import classes from './update-page.module.css';
import type { TenantUpdatePageSearch } from './update-search';
import { UpdateStanding } from './update-standing';
import { useUpdate } from './updates';

interface UpdatePageProps {
  id: string;
  search: TenantUpdatePageSearch;
}

export function UpdatePage({ id, search }: UpdatePageProps) {
  const { t } = useTranslation();
  const { data: update, error, refetch } = useUpdate(id, search.tenant);
  // An update that no device has any more is no longer what the cache remembers.
  if (update && !error) return <LoadedUpdate update={update} search={search} />;
  return (
    <Page title={t('updates.title')} above={<BackToList />}>
      {error ? <ProblemState error={error} onRetry={() => void refetch()} /> : <PageSkeleton />}
    </Page>
  );
}

function BackToList() {
  const { t } = useTranslation();
  return (
    <Link to="/updates/by-update" className={classes.back}>
      <IconArrowLeft size={14} aria-hidden />
      {t('updates.back_to_list')}
    </Link>
  );
}

function LoadedUpdate({ update, search }: { update: Update; search: TenantUpdatePageSearch }) {
  const titleOf = useTitle();
  return (
    <Page title={titleOf(update)} above={<BackToList />}>
      <div className={classes.cards}>
        <UpdateStanding counts={update.devices} chosen={search.state} />
        <div className={classes.side}>
          <UpdateDecisions update={update} tenantId={search.tenant} />
          <UpdateFacts update={update} />
        </div>
      </div>
      <UpdateDevices
        updateId={update.id}
        search={search}
        actions={<InstallLacking update={update} tenantId={search.tenant} />}
      />
    </Page>
  );
}
