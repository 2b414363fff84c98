import { useSyncExternalStore } from 'react';

const storageKey = 'latarnik-tracked-actions';
/** Older progress bars give way; the Tasks page has them all. */
const most = 4;

const dismissedKey = 'latarnik-dismissed-actions';
/** More than anybody dismisses while they run. */
const mostDismissed = 50;

const listeners = new Set<() => void>();

function load(key: string): readonly string[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? '[]');
    return Array.isArray(stored) ? stored.filter((id): id is string => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

let tracked = load(storageKey);
let dismissed = load(dismissedKey);

function change(next: readonly string[]): void {
  tracked = next;
  sessionStorage.setItem(storageKey, JSON.stringify(next));
  for (const notify of listeners) notify();
}

/** Shows the action's progress on every page of this tab, also after a reload. */
export function trackAction(id: string): void {
  change([id, ...tracked.filter((other) => other !== id)].slice(0, most));
}

/** Takes the progress away; the action itself goes on. */
export function untrackAction(id: string): void {
  dismissed = [id, ...dismissed].slice(0, mostDismissed);
  sessionStorage.setItem(dismissedKey, JSON.stringify(dismissed));
  change(tracked.filter((other) => other !== id));
}

/** The tracked ones, and of those that are open the ones that nobody has dismissed here. */
export function withOpen(open: readonly string[]): readonly string[] {
  const others = open.filter((id) => !tracked.includes(id) && !dismissed.includes(id));
  return [...tracked, ...others].slice(0, most);
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
