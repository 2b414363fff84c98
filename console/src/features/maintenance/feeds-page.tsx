import { Button, Stack } from '@mantine/core';
import { IconCalendarShare, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { CalendarFeed } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { CopyField } from '@/components/copy-field';
import { EmptyState } from '@/components/empty-state';
import { ForbiddenPage } from '@/components/forbidden-page';
import { DoneButton } from '@/components/form/done-button';
import { Form } from '@/components/form/form';
import { FormButtons } from '@/components/form/form-buttons';
import { FormDialog } from '@/components/form/form-dialog';
import { useLoss } from '@/components/form/unsaved';
import { useForm } from '@/components/form/use-form';
import { RowButton } from '@/components/guarded-button';
import { Card, Page, PageIntro } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemNote } from '@/components/problem-note';
import { ProblemState } from '@/components/problem-state';
import { RelativeTime } from '@/components/relative-time';
import { deviceProblem, groupProblem, type ScopeDraft } from '@/features/policies/policy-rules';
import { ScopeFields } from '@/features/policies/scope-fields';
import { useSession } from '@/features/session/session';
import { groupsQuery, useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { feedsQuery, useCreateFeed, useRevokeFeed } from './maintenance';
import classes from './maintenance.module.css';
import { MaintenanceViews } from './maintenance-views';
import { scopeIds } from './window-rules';

export function FeedsPage({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  const session = useSession();
  if (!session.can.manage_maintenance_windows) {
    return <ForbiddenPage title={t('maintenance.title')} />;
  }
  return <Feeds tenantId={tenantId ?? session.tenant.id} />;
}

function Feeds({ tenantId }: { tenantId: string }) {
  const { t } = useTranslation();
  const session = useSession();
  const tenants = useTenants();
  const tenant = tenants.find(({ id }) => id === tenantId) ?? session.tenant;
  const query = useQuery(feedsQuery(tenantId));
  const [creating, setCreating] = useState(false);
  const feeds = query.data?.items ?? [];
  const create = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      {t('maintenance.feeds.create')}
    </Button>
  );
  return (
    <Page title={t('maintenance.title')} beside={<MaintenanceViews />}>
      <PageIntro>{t('maintenance.feeds.intro')}</PageIntro>
      {query.isError && !query.data && (
        <ProblemState error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <PageSkeleton />}
      {query.data && (
        <div className={classes.stack}>
          <Card title={tenant.name} actions={create} flush={feeds.length > 0}>
            {feeds.length === 0 ? (
              <EmptyState
                icon={IconCalendarShare}
                title={t('maintenance.feeds.empty_title')}
                body={t('maintenance.feeds.empty_body')}
              />
            ) : (
              <FeedList feeds={feeds} tenant={tenant.name} />
            )}
          </Card>
        </div>
      )}
      {creating && (
        <FormDialog title={t('maintenance.feeds.create')} onClose={() => setCreating(false)}>
          <NewFeed tenant={tenant} />
        </FormDialog>
      )}
    </Page>
  );
}

interface FeedListProps {
  feeds: readonly CalendarFeed[];
  tenant: string;
}

function FeedList({ feeds, tenant }: FeedListProps) {
  const { t } = useTranslation();
  const revoke = useRevokeFeed();
  const [leaving, setLeaving] = useState<CalendarFeed | null>(null);
  const nameOf = ({ scope }: CalendarFeed) =>
    scope.kind === 'tenant'
      ? t('policies.scope.tenant', { name: tenant })
      : t(`policies.scope.${scope.kind}`, { name: scope.name ?? '?' });
  return (
    <>
      <ul className={classes.list} aria-label={t('maintenance.feeds.list')}>
        {feeds.map((feed) => (
          <li key={feed.id} className={classes.row}>
            <span className={classes.what}>
              <span className={classes.name}>{nameOf(feed)}</span>
              <span className={classes.dim}>
                {feed.created_by}
                {' · '}
                <RelativeTime at={feed.created_at} />
              </span>
            </span>
            <RowButton
              reason={null}
              aria-label={t('maintenance.feeds.revoke_named', { name: nameOf(feed) })}
              onClick={() => setLeaving(feed)}
            >
              {t('maintenance.feeds.revoke')}
            </RowButton>
          </li>
        ))}
      </ul>
      {leaving && (
        <ConfirmDialog
          opened
          title={t('maintenance.feeds.revoke_title')}
          body={t('maintenance.feeds.revoke_body')}
          confirm={t('maintenance.feeds.revoke_confirm')}
          busy={revoke.isPending}
          error={revoke.error}
          onConfirm={() => revoke.mutate(leaving.id, { onSuccess: () => setLeaving(null) })}
          onClose={() => setLeaving(null)}
        />
      )}
    </>
  );
}

function NewFeed({ tenant }: { tenant: { id: string; name: string } }) {
  const { t } = useTranslation();
  const create = useCreateFeed();
  const groups = useQuery(groupsQuery(tenant.id));
  const form = useForm<ScopeDraft>({
    initial: { kind: 'tenant', tenant: tenant.id, group: '', device: null },
    refusal: create.error,
    names: { tenant: 'tenant_id', group: 'group_id', device: 'device_id' },
    problemsOf: (draft) => {
      const problems = { group: groupProblem(draft), device: deviceProblem(draft) };
      return {
        group: problems.group && t(problems.group),
        device: problems.device && t(problems.device),
      };
    },
  });
  if (create.data) return <IssuedFeed url={create.data.url ?? ''} />;
  return (
    <Form
      form={form}
      request={create}
      onSubmit={form.submit(() =>
        create.mutate({ tenant_id: tenant.id, ...scopeIds(form.values) }),
      )}
    >
      <Stack gap="md">
        {form.note !== null && <ProblemNote error={form.note} />}
        <ScopeFields
          draft={form.values}
          tenant={tenant}
          groups={groups.data?.items ?? []}
          groupHint={t('maintenance.feeds.group_hint')}
          errors={{
            tenant: form.errorOf('tenant'),
            group: form.errorOf('group'),
            device: form.errorOf('device'),
          }}
          onChange={form.change}
        />
        <FormButtons
          submit={t('maintenance.feeds.submit')}
          busy={create.isPending}
          refusal={create.error}
        />
      </Stack>
    </Form>
  );
}

/** The link, which nobody can read again. */
function IssuedFeed({ url }: { url: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useLoss(copied ? null : 'shown_once');
  return (
    <Stack gap="md">
      <p className={classes.none}>{t('maintenance.feeds.once')}</p>
      <CopyField
        label={t('maintenance.feeds.address')}
        value={url}
        onCopy={() => setCopied(true)}
      />
      <div>
        <strong>{t('maintenance.feeds.where')}</strong>
        <ul className={classes.shapes}>
          <li>{t('maintenance.feeds.outlook')}</li>
          <li>{t('maintenance.feeds.google')}</li>
        </ul>
      </div>
      <DoneButton />
    </Stack>
  );
}
