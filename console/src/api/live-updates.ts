import type { QueryClient } from '@tanstack/react-query';
import { throttle } from '@/util/throttle';
import { client, unwrap } from './client';
import { keys } from './keys';
import type { Device, Page, Task } from './types';

/** Beyond this many changed things at once, a fresh list costs less than each of them. */
const singly = 12;

export interface TaskChange {
  id: string;
  device_id: string;
  action_id: string;
  state: string;
}

interface Identified {
  id: string;
}

function isCached<Item extends Identified>(
  queryClient: QueryClient,
  lists: readonly string[],
  detail: readonly string[],
  id: string,
): boolean {
  if (queryClient.getQueryData(detail) !== undefined) return true;
  return queryClient
    .getQueriesData<Page<Item>>({ queryKey: lists })
    .some(([, page]) => page?.items.some((item) => item.id === id));
}

function replace<Item extends Identified>(
  queryClient: QueryClient,
  lists: readonly string[],
  detail: readonly string[],
  item: Item,
): void {
  queryClient.setQueryData(detail, item);
  queryClient.setQueriesData<Page<Item>>({ queryKey: lists }, (page) => {
    if (!page?.items.some((other) => other.id === item.id)) return page;
    return { ...page, items: page.items.map((other) => (other.id === item.id ? item : other)) };
  });
}

/**
 * Carries the server's events into the query cache: what is on screen is replaced in place, what is
 * not yet known refreshes the lists, and bursts are gathered so that a busy fleet stays cheap.
 */
export function createLiveUpdates(queryClient: QueryClient) {
  const changedDevices = new Set<string>();
  const changedTasks = new Set<string>();
  const changedActions = new Set<string>();
  const invalidate = (queryKey: readonly string[]) => {
    void queryClient.invalidateQueries({ queryKey });
  };

  const deviceLists = throttle(() => invalidate(keys.deviceLists), 2_000);
  const deviceCounts = throttle(() => invalidate(keys.deviceCounts), 3_000);
  const taskLists = throttle(() => {
    invalidate(keys.taskLists);
    invalidate(keys.taskCounts);
  }, 1_000);

  // Counting where every update stands costs the server more than a list of devices does.
  const updates = throttle(() => invalidate(keys.updates), 3_000);
  const tenants = throttle(() => invalidate(keys.tenants), 1_000);
  // What a policy says of an update stands with the update in the list of its device.
  const policies = throttle(() => {
    invalidate(keys.policies);
    invalidate(keys.devicesUpdates);
  }, 1_000);

  // Where a device stands with its windows is in every list of devices.
  const maintenance = throttle(() => {
    invalidate(keys.maintenance);
    invalidate(keys.devices);
  }, 1_000);

  const alerts = throttle(() => invalidate(keys.alerts), 1_000);

  const refreshDevice = async (id: string) => {
    const path = { id };
    const device = await unwrap(client.GET('/api/v1/devices/{id}', { params: { path } }));
    replace<Device>(queryClient, keys.deviceLists, keys.device(id), device);
  };
  const refreshTask = async (id: string) => {
    const path = { id };
    const task = await unwrap(client.GET('/api/v1/tasks/{id}', { params: { path } }));
    replace<Task>(queryClient, keys.taskLists, keys.task(id), task);
  };
  const refreshActions = throttle(() => {
    for (const id of changedActions) invalidate(keys.action(id));
    changedActions.clear();
    invalidate(keys.actionLists);
  }, 1_000);
  const refreshEach = (
    ids: string[],
    refresh: (id: string) => Promise<void>,
    detail: (id: string) => readonly string[],
    lists: () => void,
  ) => {
    if (ids.length > singly) {
      for (const id of ids) invalidate(detail(id));
      lists();
      return;
    }
    for (const id of ids) {
      refresh(id).catch(() => {
        invalidate(detail(id));
        lists();
      });
    }
  };

  /** Only what is on screen is fetched anew; the rest is marked as old. */
  const refreshLedgers = (ids: readonly string[]) => {
    if (ids.length > singly) {
      invalidate(keys.devicesUpdates);
      invalidate(keys.devicesSteps);
      return;
    }
    for (const id of ids) {
      invalidate(keys.deviceUpdates(id));
      invalidate(keys.deviceSteps(id));
    }
  };
  const flushDevices = () => {
    const ids = [...changedDevices];
    changedDevices.clear();
    if (ids.length === 0) return;
    const cached = ids.filter((id) =>
      isCached<Device>(queryClient, keys.deviceLists, keys.device(id), id),
    );
    refreshEach(cached, refreshDevice, keys.device, deviceLists.call);
    refreshLedgers(ids);
    updates.call();
    deviceCounts.call();
    if (cached.length < ids.length) deviceLists.call();
  };
  const flushTasks = () => {
    const ids = [...changedTasks];
    changedTasks.clear();
    const cached = ids.filter((id) =>
      isCached<Task>(queryClient, keys.taskLists, keys.task(id), id),
    );
    refreshEach(cached, refreshTask, keys.task, taskLists.call);
    if (cached.length < ids.length) taskLists.call();
    if (changedActions.size > 0) refreshActions.call();
  };
  const flush = throttle(() => {
    flushDevices();
    flushTasks();
  }, 250);

  return {
    deviceChanged: (id: string) => {
      changedDevices.add(id);
      flush.call();
    },
    deviceRemoved: (id: string) => {
      void queryClient.invalidateQueries({ queryKey: keys.device(id) });
      invalidate(keys.enrollmentTokens);
      updates.call();
      deviceLists.call();
      deviceCounts.call();
      alerts.call();
    },
    taskChanged: (change: TaskChange) => {
      changedTasks.add(change.id);
      changedActions.add(change.action_id);
      // Progress does not change the device; the start and the end do.
      if (change.state !== 'running') changedDevices.add(change.device_id);
      flush.call();
    },
    /** Stands for any number of its tasks, of which not every one is told. */
    actionChanged: (id: string) => {
      changedActions.add(id);
      refreshActions.call();
      taskLists.call();
    },
    tenantsChanged: () => tenants.call(),
    maintenanceChanged: () => maintenance.call(),
    policiesChanged: () => policies.call(),
    alertsChanged: () => alerts.call(),
    resync: () => {
      void queryClient.invalidateQueries();
    },
    stop: () => {
      const timers = [
        deviceLists,
        deviceCounts,
        taskLists,
        updates,
        tenants,
        policies,
        maintenance,
        alerts,
        refreshActions,
        flush,
      ];
      for (const timer of timers) timer.stop();
    },
  };
}

export type LiveUpdates = ReturnType<typeof createLiveUpdates>;
