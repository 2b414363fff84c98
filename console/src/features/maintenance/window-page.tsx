import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { MaintenanceWindow } from '@/api/types';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Page } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { deviceDetailQuery } from '@/features/devices/devices';
import { useCan, useSession } from '@/features/session/session';
import { groupsQuery, useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { windowQuery } from './maintenance';
import { BackToWindows } from './maintenance-views';
import { WindowForm } from './window-form';
import {
  draftOfWindow,
  emptyWindow,
  type NewWindowSearch,
  presetDefinitions,
  type WindowDraft,
  withDefinition,
} from './window-rules';

interface NewWindowPageProps {
  search: NewWindowSearch & { tenant?: string };
}

export function NewWindowPage({ search }: NewWindowPageProps) {
  const { t } = useTranslation();
  const session = useSession();
  const tenant = search.tenant ?? session.tenant.id;
  const { group = '', device: deviceId = '', preset, copy = '' } = search;
  const device = useQuery({ ...deviceDetailQuery(deviceId), enabled: deviceId !== '' });
  const source = useQuery({ ...windowQuery(copy), enabled: copy !== '' });
  if (!session.can.manage_maintenance_windows) {
    return <ForbiddenPage title={t('maintenance.new_title')} />;
  }
  const draft = (): WindowDraft => {
    if (source.data) return draftOfWindow(source.data);
    const empty = emptyWindow(tenant);
    const place: Partial<WindowDraft> = device.data
      ? {
          kind: 'device',
          tenant: device.data.tenant.id,
          device: { id: device.data.id, name: device.data.hostname },
        }
      : { kind: group === '' ? 'tenant' : 'group', group };
    const filled = preset
      ? {
          ...withDefinition(empty, presetDefinitions[preset]),
          name: t(`maintenance.presets.${preset}`),
        }
      : empty;
    return { ...filled, ...place };
  };
  const note = source.data
    ? t('maintenance.copy_note', { name: source.data.name })
    : preset
      ? t('maintenance.preset_note')
      : null;
  const needed = [deviceId !== '' && device, copy !== '' && source].filter(
    (query) => query !== false,
  );
  const failed = needed.find((query) => query.isError);
  const ready = needed.every((query) => query.data);
  return (
    <Page title={t('maintenance.new_title')} above={<BackToWindows />}>
      {failed && <ProblemState error={failed.error} onRetry={() => void failed.refetch()} />}
      {!failed && !ready && <PageSkeleton />}
      {!failed && ready && (
        <Editor key={`${tenant} ${copy}`} window={null} draft={draft} note={note} />
      )}
    </Page>
  );
}

export function WindowPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(windowQuery(id));
  const [round, setRound] = useState(0);
  const window = query.data;
  if (!window) {
    return (
      <Page title={t('maintenance.title')} above={<BackToWindows />}>
        {query.error ? (
          <ProblemState error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <PageSkeleton />
        )}
      </Page>
    );
  }
  return (
    <Page title={window.name} above={<BackToWindows />}>
      <Editor
        // What somebody else saves meanwhile is not put under the hands of who is typing here.
        key={round}
        window={window}
        draft={() => draftOfWindow(window)}
        note={null}
        onReload={() => void query.refetch().then(() => setRound(round + 1))}
      />
    </Page>
  );
}

interface EditorProps {
  window: MaintenanceWindow | null;
  draft: () => WindowDraft;
  note: string | null;
  onReload?: () => void;
}

/** The form, once everything is known that it names. */
function Editor({ window, draft, note, onReload }: EditorProps) {
  const [start] = useState(draft);
  const [seen] = useState(window);
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
    <WindowForm
      window={seen}
      start={start}
      note={note}
      tenant={tenant}
      groups={groups.data.items}
      mayChange={mayChange}
      onReload={onReload}
    />
  );
}
