import { IconArrowLeft } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { UpdatePolicy } from '@/api/types';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Page } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { deviceDetailQuery } from '@/features/devices/devices';
import { useCan, useSession } from '@/features/session/session';
import { groupsQuery, useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { policiesQuery, policyQuery } from './policies';
import classes from './policies.module.css';
import { PolicyForm } from './policy-form';
import {
  draftOfPolicy,
  emptyDraft,
  type NewPolicySearch,
  type PolicyDraft,
  presetRules,
  withRules,
} from './policy-rules';
import { scopeText } from './policy-words';

function BackToPolicies() {
  const { t } = useTranslation();
  return (
    <Link to="/settings/update-policies" className={classes.back}>
      <IconArrowLeft size={14} aria-hidden />
      {t('policies.title')}
    </Link>
  );
}

interface NewPolicyPageProps {
  search: NewPolicySearch & { tenant?: string };
}

export function NewPolicyPage({ search }: NewPolicyPageProps) {
  const { t } = useTranslation();
  const session = useSession();
  const tenant = search.tenant ?? session.tenant.id;
  const { group = '', device: deviceId = '', preset } = search;
  const device = useQuery({ ...deviceDetailQuery(deviceId), enabled: deviceId !== '' });
  if (!session.can.manage_update_policies) return <ForbiddenPage title={t('policies.new_title')} />;
  const draft = (): PolicyDraft => {
    const empty = emptyDraft(tenant);
    const place: Partial<PolicyDraft> = device.data
      ? {
          kind: 'device',
          tenant: device.data.tenant.id,
          device: {
            id: device.data.id,
            name: device.data.hostname,
          },
        }
      : { kind: group === '' ? 'tenant' : 'group', group };
    const rules = preset && { ring: null, rings: null, ...presetRules[preset] };
    return { ...(rules ? withRules(empty, rules) : empty), ...place };
  };
  const failed = device.isError && deviceId !== '';
  return (
    <Page title={t('policies.new_title')} above={<BackToPolicies />}>
      {failed && <ProblemState error={device.error} onRetry={() => void device.refetch()} />}
      {deviceId !== '' && device.isPending && <PageSkeleton />}
      {!failed && (deviceId === '' || device.data) && (
        <Editor key={tenant} policy={null} draft={draft} preset={preset !== undefined} />
      )}
    </Page>
  );
}

export function PolicyPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const tenants = useTenants();
  const session = useSession();
  const query = useQuery(policyQuery(id));
  const [round, setRound] = useState(0);
  const policy = query.data;
  if (!policy || (query.error && !policy)) {
    return (
      <Page title={t('policies.title')} above={<BackToPolicies />}>
        {query.error ? (
          <ProblemState error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <PageSkeleton />
        )}
      </Page>
    );
  }
  const tenant = tenants.find((one) => one.id === policy.tenant_id) ?? session.tenant;
  return (
    <Page title={scopeText(t, policy.scope, tenant.name)} above={<BackToPolicies />}>
      <Editor
        // What somebody else saves meanwhile is not put under the hands of who is typing here.
        key={round}
        policy={policy}
        draft={() => draftOfPolicy(policy)}
        preset={false}
        onReload={() => void query.refetch().then(() => setRound(round + 1))}
      />
    </Page>
  );
}

interface EditorProps {
  policy: UpdatePolicy | null;
  draft: () => PolicyDraft;
  preset: boolean;
  onReload?: () => void;
}

/** The form, once everything is known that it names. */
function Editor({ policy, draft, preset, onReload }: EditorProps) {
  const [start] = useState(draft);
  const [seen] = useState(policy);
  const mayChange = useCan('manage_update_policies');
  const tenants = useTenants();
  const session = useSession();
  const policies = useQuery(policiesQuery(start.tenant));
  const groups = useQuery(groupsQuery(start.tenant));
  const failed = [policies, groups].find((query) => query.isError && !query.data);
  if (failed) return <ProblemState error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!policies.data || !groups.data) return <PageSkeleton />;
  const tenant = tenants.find(({ id }) => id === start.tenant) ?? session.tenant;
  return (
    <PolicyForm
      policy={seen}
      start={start}
      preset={preset}
      tenant={tenant}
      policies={policies.data.items}
      groups={groups.data.items}
      mayChange={mayChange}
      onReload={onReload}
    />
  );
}
