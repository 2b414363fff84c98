import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Blackout } from '@/api/types';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Page } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { useCan, useSession } from '@/features/session/session';
import { groupsQuery, useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { BlackoutForm } from './blackout-form';
import {
  type BlackoutDraft,
  draftOfBlackout,
  emptyBlackout,
  type NewBlackoutSearch,
  presetBlackouts,
  withBlackout,
} from './blackout-rules';
import { blackoutQuery } from './maintenance';
import { BackToBlackouts } from './maintenance-views';

interface NewBlackoutPageProps {
  search: NewBlackoutSearch & { tenant?: string };
}

export function NewBlackoutPage({ search }: NewBlackoutPageProps) {
  const { t } = useTranslation();
  const session = useSession();
  const title = t('maintenance.blackouts.new_title');
  const tenant = search.tenant ?? session.tenant.id;
  if (!session.can.manage_maintenance_windows) return <ForbiddenPage title={title} />;
  const draft = (): BlackoutDraft => {
    const empty = emptyBlackout(tenant);
    const { preset } = search;
    if (!preset) return empty;
    const name = t(`maintenance.blackouts.presets.${preset}`);
    return { ...withBlackout(empty, presetBlackouts[preset]), name };
  };
  return (
    <Page title={title} above={<BackToBlackouts />}>
      <Editor key={tenant} blackout={null} draft={draft} />
    </Page>
  );
}

export function BlackoutPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(blackoutQuery(id));
  const [round, setRound] = useState(0);
  const blackout = query.data;
  if (!blackout) {
    return (
      <Page title={t('maintenance.views.blackouts')} above={<BackToBlackouts />}>
        {query.error ? (
          <ProblemState error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <PageSkeleton />
        )}
      </Page>
    );
  }
  return (
    <Page title={blackout.name} above={<BackToBlackouts />}>
      <Editor
        // What somebody else saves meanwhile is not put under the hands of who is typing here.
        key={round}
        blackout={blackout}
        draft={() => draftOfBlackout(blackout)}
        onReload={() => void query.refetch().then(() => setRound(round + 1))}
      />
    </Page>
  );
}

interface EditorProps {
  blackout: Blackout | null;
  draft: () => BlackoutDraft;
  onReload?: () => void;
}

/** The form, once everything is known that it names. */
function Editor({ blackout, draft, onReload }: EditorProps) {
  const [start] = useState(draft);
  const [seen] = useState(blackout);
  const mayChange = useCan('manage_maintenance_windows');
  const tenants = useTenants();
  const session = useSession();
  const groups = useQuery(groupsQuery(start.tenant));
  if (groups.isError && !groups.data) {
    return <ProblemState error={groups.error} onRetry={() => void groups.refetch()} />;
  }
  if (!groups.data) return <PageSkeleton />;
  const tenant = tenants.find(({ id }) => id === start.tenant) ?? session.tenant;
  return (
    <BlackoutForm
      blackout={seen}
      start={start}
      tenant={tenant}
      groups={groups.data.items}
      mayChange={mayChange}
      onReload={onReload}
    />
  );
}
