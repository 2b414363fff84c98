import type { LiveUpdates, TaskChange } from './live-updates';

export type LiveState = 'connecting' | 'open' | 'lost';

export interface LiveStatus {
  state: LiveState;
  /** When the connection was last known to work. */
  lastOpenAt: number | null;
}

const firstRetry = 1_000;
const longestRetry = 30_000;

function read<Shape>(event: Event, isShape: (value: unknown) => value is Shape): Shape | null {
  if (!(event instanceof MessageEvent) || typeof event.data !== 'string') return null;
  try {
    const value: unknown = JSON.parse(event.data);
    return isShape(value) ? value : null;
  } catch {
    return null;
  }
}

function hasTexts<Name extends string>(...names: Name[]) {
  return (value: unknown): value is Record<Name, string> =>
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof Reflect.get(value, name) === 'string');
}

const isIdentified = hasTexts('id');
const isTaskChange: (value: unknown) => value is TaskChange = hasTexts(
  'id',
  'device_id',
  'action_id',
  'state',
);

/**
 * The event stream. The browser reconnects by itself after a broken connection; after a refusal it
 * gives up, and then the stream is opened anew with a growing pause.
 */
export function createLiveConnection(address: string, updates: LiveUpdates, refused: () => void) {
  let status: LiveStatus = { state: 'connecting', lastOpenAt: null };
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = firstRetry;
  const listeners = new Set<() => void>();

  const change = (next: LiveStatus) => {
    status = next;
    for (const notify of listeners) notify();
  };
  const opened = () => {
    const missedEvents = status.state === 'lost';
    pause = firstRetry;
    change({ state: 'open', lastOpenAt: Date.now() });
    if (missedEvents) updates.resync();
  };
  const failed = () => {
    const lastOpenAt = status.state === 'open' ? Date.now() : status.lastOpenAt;
    change({ state: 'lost', lastOpenAt });
    if (source?.readyState !== EventSource.CLOSED) return;
    refused();
    clearTimeout(timer);
    timer = setTimeout(open, pause);
    pause = Math.min(longestRetry, pause * 2);
  };
  const open = () => {
    source?.close();
    source = new EventSource(address);
    source.addEventListener('open', opened);
    source.addEventListener('error', failed);
    source.addEventListener('device_changed', (event) => {
      const device = read(event, isIdentified);
      if (device) updates.deviceChanged(device.id);
    });
    source.addEventListener('device_removed', (event) => {
      const device = read(event, isIdentified);
      if (device) updates.deviceRemoved(device.id);
    });
    source.addEventListener('task_changed', (event) => {
      const task = read(event, isTaskChange);
      if (task) updates.taskChanged(task);
    });
    source.addEventListener('action_changed', (event) => {
      const action = read(event, isIdentified);
      if (action) updates.actionChanged(action.id);
    });
    source.addEventListener('tenants_changed', () => updates.tenantsChanged());
    source.addEventListener('policies_changed', () => updates.policiesChanged());
    source.addEventListener('maintenance_changed', () => updates.maintenanceChanged());
    source.addEventListener('alerts_changed', () => updates.alertsChanged());
    source.addEventListener('resync', () => updates.resync());
  };

  return {
    start: open,
    stop: () => {
      clearTimeout(timer);
      source?.close();
      source = null;
      updates.stop();
    },
    status: () => status,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

export type LiveConnection = ReturnType<typeof createLiveConnection>;
