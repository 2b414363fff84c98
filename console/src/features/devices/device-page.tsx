import { ActionIcon, Menu, Tabs } from '@mantine/core';
import { IconArrowLeft, IconDots, IconListCheck, IconTrash } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Device } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { Page } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { StateBadge } from '@/components/state-badge';
import { ActionDialog } from '@/features/actions/action-dialog';
import type { ActionIntent, Wish } from '@/features/actions/schedule';
import { useCan } from '@/features/session/session';
import { TaskTable } from '@/features/tasks/task-table';
import { DeviceHistory } from '@/features/updates/device-history';
import { DeviceUpdates } from '@/features/updates/device-updates';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { isRestartPending, PageActions } from './device-actions';
import { Connection } from './device-cells';
import classes from './device-page.module.css';
import { DeviceSummary } from './device-summary';
import { useDevice } from './devices';
import { RemoveDeviceDialog } from './remove-device-dialog';

export const deviceTabs = ['summary', 'updates', 'tasks', 'history'] as const;
export type DeviceTab = (typeof deviceTabs)[number];

/** What the address of a device's page holds. */
export interface DevicePageSearch {
  tab?: DeviceTab;
  /** The history of this update only. */
  update?: string;
  sort?: 'created_at' | '-created_at';
  cursor?: string;
}

interface DevicePageProps {
  id: string;
  search: DevicePageSearch;
}

export function DevicePage({ id, search }: DevicePageProps) {
  const { t } = useTranslation();
  const { data: device, error, refetch } = useDevice(id);
  // A device that was removed while its page was open is no longer what the cache remembers.
  if (device && !error) return <LoadedDevice device={device} search={search} />;
  return (
    <Page title={t('devices.title')} above={<BackToDevices />}>
      {error ? <ProblemState error={error} onRetry={() => void refetch()} /> : <PageSkeleton />}
    </Page>
  );
}

function BackToDevices() {
  const { t } = useTranslation();
  return (
    <Link to="/devices" className={classes.back}>
      <IconArrowLeft size={14} aria-hidden />
      {t('devices.title')}
    </Link>
  );
}

function LoadedDevice({ device, search }: { device: Device; search: DevicePageSearch }) {
  const [intent, setIntent] = useState<ActionIntent | null>(null);
  const ask = (wish: Wish, updateKeys?: readonly string[]) =>
    setIntent({ ...wish, target: { type: 'devices', devices: [device] }, updateKeys });
  return (
    <Page
      fills={search.tab === 'tasks' || search.tab === 'updates'}
      title={device.hostname}
      above={<BackToDevices />}
      beside={<DeviceStates device={device} />}
      actions={
        <>
          <PageActions device={device} onAsk={ask} />
          <MoreActions device={device} />
        </>
      }
    >
      <DeviceTabs
        device={device}
        search={search}
        onInstall={(keys) => ask({ kind: 'install_updates' }, keys)}
      />
      <ActionDialog intent={intent} onClose={() => setIntent(null)} />
    </Page>
  );
}

function DeviceStates({ device }: { device: Device }) {
  const { t } = useTranslation();
  const place = [device.tenant.name, device.group?.name].filter(Boolean).join(' › ');
  return (
    <span className={classes.states}>
      <Connection device={device} />
      <span className={classes.place}>{place}</span>
      {isRestartPending(device) && (
        <StateBadge tone="attention" filled>
          {t('restart.required')}
        </StateBadge>
      )}
    </span>
  );
}

function MoreActions({ device }: { device: Device }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const mayRemove = useCan('remove_devices');
  const [removing, setRemoving] = useState(false);
  if (!mayRemove) return null;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={t('common.more_actions')}>
            <IconDots size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            color="var(--lat-failed)"
            leftSection={<IconTrash size={16} aria-hidden />}
            disabled={!device.can.remove.allowed}
            onClick={() => setRemoving(true)}
          >
            {t('devices.remove')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {removing && (
        <RemoveDeviceDialog
          device={device}
          onClose={() => setRemoving(false)}
          onRemoved={() => void navigate({ to: '/devices' })}
        />
      )}
    </>
  );
}

interface DeviceTabsProps {
  device: Device;
  search: DevicePageSearch;
  onInstall: (keys: readonly string[]) => void;
}

function DeviceTabs({ device, search, onInstall }: DeviceTabsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const tab = search.tab ?? 'summary';
  const total = device.pending_updates.total ?? null;
  const choose = (value: string | null) => {
    const next = deviceTabs.find((known) => known === value);
    void navigate({
      to: '.',
      search: (previous) => ({
        ...previous,
        tab: next === 'summary' ? undefined : next,
        cursor: undefined,
        sort: undefined,
        update: undefined,
      }),
    });
  };
  const counts = { summary: null, updates: total, tasks: device.open_tasks || null, history: null };
  return (
    <Tabs className={classes.tabs} value={tab} onChange={choose} keepMounted={false}>
      <Tabs.List aria-label={t('devices.tabs')}>
        {deviceTabs.map((name) => (
          <Tabs.Tab
            key={name}
            value={name}
            rightSection={
              counts[name] !== null && (
                <span className={classes.count}>{format.number(counts[name])}</span>
              )
            }
          >
            {t(`devices.tab_${name}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="summary" className={classes.panel}>
        <DeviceSummary device={device} />
      </Tabs.Panel>
      <Tabs.Panel value="updates" className={classes.panel}>
        <DeviceUpdates device={device} onInstall={onInstall} />
      </Tabs.Panel>
      <Tabs.Panel value="tasks" className={classes.panel}>
        <TaskTable
          search={{ device: device.id, sort: search.sort, cursor: search.cursor }}
          withDevice={false}
          empty={
            <EmptyState
              icon={IconListCheck}
              title={t('tasks.empty_title')}
              body={t('tasks.empty_device_body')}
            />
          }
        />
      </Tabs.Panel>
      <Tabs.Panel value="history" className={classes.panel}>
        <DeviceHistory device={device} updateId={search.update} />
      </Tabs.Panel>
    </Tabs>
  );
}
