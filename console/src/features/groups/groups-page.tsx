import { Button } from '@mantine/core';
import { IconFolders, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Group, TenantReference } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Card, Page, PageIntro } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { ActionDialog } from '@/features/actions/action-dialog';
import type { ActionIntent } from '@/features/actions/schedule';
import { useCan } from '@/features/session/session';
import { useShownTenants } from '@/features/tenants/shown-tenants';
import { groupsQuery } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import {
  DeleteGroupDialog,
  MoveGroupDialog,
  NewGroupDialog,
  RenameGroupDialog,
} from './group-dialogs';
import { GroupList, type GroupTask } from './group-list';
import { groupTree } from './group-tree';
import classes from './groups-page.module.css';

export function GroupsPage({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  if (useCan('manage_groups')) return <Groups tenantId={tenantId} />;
  return <ForbiddenPage title={t('groups.title')} />;
}

function Groups({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  const tenants = useShownTenants(tenantId);
  // Devices move without an event that names groups.
  const list = useQuery({ ...groupsQuery(tenantId), staleTime: 0 });
  const groups = list.data?.items ?? [];
  return (
    <Page title={t('groups.title')} narrow>
      <PageIntro>{t('groups.intro')}</PageIntro>
      {list.isError && !list.data && (
        <ProblemState error={list.error} onRetry={() => void list.refetch()} />
      )}
      {list.isPending && <PageSkeleton />}
      {list.data &&
        tenants.map((tenant) => (
          <TenantGroups
            key={tenant.id}
            tenant={tenant}
            groups={groups.filter((group) => group.tenant_id === tenant.id)}
            alone={tenants.length === 1}
          />
        ))}
    </Page>
  );
}

interface TenantGroupsProps {
  tenant: TenantReference;
  groups: readonly Group[];
  /** An empty tenant among others needs no lesson. */
  alone: boolean;
}

type Chosen =
  | { task: 'create'; parentId: string | null }
  | { task: Exclude<GroupTask, 'create'>; group: Group };

function TenantGroups({ tenant, groups, alone }: TenantGroupsProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [intent, setIntent] = useState<ActionIntent | null>(null);
  const create = (
    <Button
      variant={alone ? 'filled' : 'default'}
      leftSection={<IconPlus size={16} aria-hidden />}
      aria-label={alone ? undefined : t('groups.create_for', { name: tenant.name })}
      onClick={() => setChosen({ task: 'create', parentId: null })}
    >
      {t('groups.create')}
    </Button>
  );
  const close = () => setChosen(null);
  return (
    <Card title={tenant.name} actions={create} flush={groups.length > 0}>
      {groups.length > 0 && (
        <GroupList
          label={t('groups.of', { name: tenant.name })}
          nodes={groupTree(groups)}
          tenantId={tenant.id}
          onTask={(task, group) =>
            setChosen(task === 'create' ? { task, parentId: group.id } : { task, group })
          }
          onAsk={(wish, group) =>
            setIntent({
              ...wish,
              target: {
                type: 'matching',
                filter: { tenant_id: tenant.id, group_id: group.id, subgroups: true },
              },
            })
          }
        />
      )}
      {groups.length === 0 && alone && (
        <EmptyState
          icon={IconFolders}
          title={t('groups.empty_title')}
          body={t('groups.empty_body')}
        />
      )}
      {groups.length === 0 && !alone && <p className={classes.none}>{t('groups.empty_title')}</p>}
      <ActionDialog intent={intent} onClose={() => setIntent(null)} />
      {chosen?.task === 'create' && (
        <NewGroupDialog
          tenantId={tenant.id}
          groups={groups}
          parentId={chosen.parentId}
          onClose={close}
        />
      )}
      {chosen?.task === 'rename' && (
        <RenameGroupDialog group={chosen.group} groups={groups} onClose={close} />
      )}
      {chosen?.task === 'move' && (
        <MoveGroupDialog group={chosen.group} groups={groups} onClose={close} />
      )}
      {chosen?.task === 'delete' && (
        <DeleteGroupDialog group={chosen.group} groups={groups} onClose={close} />
      )}
    </Card>
  );
}
