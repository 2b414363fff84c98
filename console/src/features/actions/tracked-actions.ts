import { useSyncExternalStore } from 'react';

const storageKey = 'latarnik-tracked-actions';
/** Older progress bars give way; the Tasks page has them all. */
const most = 4;

const listeners = new Set<() => void>();

function load(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(stored) ? stored.filter((id): id is string => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

let tracked = load();

function change(next: readonly string[]): void {
  tracked = next;
  sessionStorage.setItem(storageKey, JSON.stringify(next));
  for (const notify of listeners) notify();
}

/** Shows the action's progress on every page of this tab, also after a reload. */
export function trackAction(id: string): void {
  change([id, ...tracked.filter((other) => other !== id)].slice(0, most));
}

export function untrackAction(id: string): void {
  change(tracked.filter((other) => other !== id));
}

export function useTrackedActions(): readonly string[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => tracked,
  );
}
