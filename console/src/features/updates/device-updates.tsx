import { Button } from '@mantine/core';
import { IconCircleCheck, IconDownload, IconHelpCircle } from '@tabler/icons-react';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { client, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import type { Device, DeviceUpdate } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { GuardedButton } from '@/components/guarded-button';
import { ProblemState } from '@/components/problem-state';
import { useExactTime } from '@/components/relative-time';
import { DataTable, type RowSelection } from '@/components/table/data-table';
import tools from '@/components/table/table-tools.module.css';
import { devicePolicyQuery, rolloutsQuery } from '@/features/policies/policies';
import { ringsReached } from '@/features/policies/rollout-rules';
import { useCan } from '@/features/session/session';
import { disabledText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import classes from './device-updates.module.css';
import { deviceUpdatesColumns } from './device-updates-columns';
import { useTitle } from './title';

function deviceUpdatesQuery(id: string) {
  return queryOptions({
    queryKey: keys.deviceUpdates(id),
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/devices/{id}/updates', { params: { path: { id } }, signal })),
  });
}

const none: DeviceUpdate[] = [];

/** What needs somebody comes first; the server's order stays otherwise. */
export function failedFirst(updates: readonly DeviceUpdate[]): DeviceUpdate[] {
  const failed = ({ standing }: DeviceUpdate) => standing.state === 'failed';
  return [...updates.filter(failed), ...updates.filter((update) => !failed(update))];
}

interface DeviceUpdatesProps {
  device: Device;
  onInstall: (keys: readonly string[]) => void;
}

export function DeviceUpdates({ device, onInstall }: DeviceUpdatesProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const titleOf = useTitle();
  const exact = useExactTime();
  const query = useQuery(deviceUpdatesQuery(device.id));
  const offered = query.data?.items ?? none;
  const updates = useMemo(() => failedFirst(offered), [offered]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const mayInstall = useCan('install_updates');
  const mayDecide = useCan('manage_update_policies');
  const { data: rules } = useQuery(devicePolicyQuery(device.id));
  const { id, hostname, tenant, group } = device;
  // Asked only where something waits for a ring, to name it.
  const waits = updates.some(({ policy }) => policy.because === 'ring');
  const { data: rollouts } = useQuery({ ...rolloutsQuery(tenant.id), enabled: waits });
  const rings = useMemo(() => ringsReached(rollouts?.items ?? []), [rollouts]);
  const columns = useMemo(
    () =>
      deviceUpdatesColumns({
        t,
        format,
        updates,
        rules,
        rings,
        device: { id, hostname, tenant, group },
        mayDecide,
      }),
    [t, format, updates, rules, rings, id, hostname, tenant, group, mayDecide],
  );
  // An update that is no longer offered is no longer chosen either.
  const kept = updates.filter(({ key }) => chosen.has(key));
  const unknown = typeof device.pending_updates.total !== 'number';
  const { scan } = device;

  if (query.isError && !query.data) {
    return <ProblemState error={query.error} onRetry={() => void query.refetch()} />;
  }
  return (
    <>
      {scan.state === 'failed' && scan.scanned_at && (
        <p className={classes.stale}>{t('updates.stale', { time: exact(scan.scanned_at) })}</p>
      )}
      {mayInstall && updates.length > 0 && (
        <InstallBar
          device={device}
          chosen={kept}
          onInstall={() => onInstall(kept.map(({ key }) => key))}
          onClear={() => setChosen(new Set())}
        />
      )}
      <DataTable
        label={t('updates.pending_title')}
        columns={columns}
        rows={updates}
        rowId={(update) => update.key}
        rowName={titleOf}
        loading={query.isPending}
        selection={
          mayInstall
            ? updateSelection(updates, kept, setChosen, t('updates.select_all'))
            : undefined
        }
        keyboard
        empty={unknown ? <UnknownUpdates /> : <NoUpdates />}
      />
    </>
  );
}

function updateSelection(
  updates: readonly DeviceUpdate[],
  kept: readonly DeviceUpdate[],
  choose: (keys: ReadonlySet<string>) => void,
  pageLabel: string,
): RowSelection<DeviceUpdate> {
  const chosen = new Set(kept.map(({ key }) => key));
  const all = updates.length > 0 && chosen.size === updates.length;
  return {
    isSelected: ({ key }) => chosen.has(key),
    toggle: ({ key }) => {
      const next = new Set(chosen);
      if (!next.delete(key)) next.add(key);
      choose(next);
    },
    all,
    some: chosen.size > 0,
    toggleAll: () => choose(all ? new Set() : new Set(updates.map(({ key }) => key))),
    pageLabel,
  };
}

interface InstallBarProps {
  device: Device;
  chosen: readonly DeviceUpdate[];
  onInstall: () => void;
  onClear: () => void;
}

function InstallBar({ device, chosen, onInstall, onClear }: InstallBarProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { allowed, reason } = device.can.install;
  const impossible = allowed ? null : disabledText(t, reason ?? 'forbidden');
  const nothing = chosen.length === 0 ? t('disabled.nothing_chosen') : null;
  const sizes = chosen.flatMap(({ size_bytes }) => size_bytes ?? []);
  const size = sizes.reduce((sum, bytes) => sum + bytes, 0);
  return (
    <div className={tools.toolbar}>
      <GuardedButton
        leftSection={<IconDownload size={16} aria-hidden />}
        variant={chosen.length === 0 ? 'default' : 'filled'}
        reason={impossible ?? nothing}
        onClick={onInstall}
      >
        {t('updates.install_chosen', { count: chosen.length })}
      </GuardedButton>
      {chosen.length > 0 && (
        <>
          {size > 0 && <span className={classes.size}>{format.bytes(size)}</span>}
          <Button variant="subtle" onClick={onClear}>
            {t('updates.clear_selection')}
          </Button>
        </>
      )}
    </div>
  );
}

function NoUpdates() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={IconCircleCheck}
      title={t('updates.none_title')}
      body={t('updates.none_body')}
    />
  );
}

function UnknownUpdates() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={IconHelpCircle}
      title={t('updates.unknown_title')}
      body={t('updates.unknown_body')}
    />
  );
}
