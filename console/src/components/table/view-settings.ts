import { useSyncExternalStore } from 'react';

export type Density = 'comfortable' | 'compact';

export interface ViewSettings {
  density: Density;
  hidden: readonly string[];
}

const listeners = new Set<() => void>();
const cache = new Map<string, ViewSettings>();

function storageKey(table: string): string {
  return `latarnik-view-${table}`;
}

function read(table: string, standard: ViewSettings): ViewSettings {
  const cached = cache.get(table);
  if (cached) return cached;
  let settings = standard;
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey(table)) ?? 'null');
    if (typeof stored === 'object' && stored !== null) {
      const density = Reflect.get(stored, 'density');
      const hidden = Reflect.get(stored, 'hidden');
      settings = {
        density: density === 'compact' ? 'compact' : 'comfortable',
        hidden: Array.isArray(hidden)
          ? hidden.filter((id): id is string => typeof id === 'string')
          : standard.hidden,
      };
    }
  } catch {
    // Unreadable settings are the standard ones.
  }
  cache.set(table, settings);
  return settings;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** How this browser likes a table to look; what the table shows is in the address instead. */
export function useViewSettings(table: string, standard: ViewSettings) {
  const settings = useSyncExternalStore(subscribe, () => read(table, standard));
  const change = (values: Partial<ViewSettings>) => {
    const next = { ...settings, ...values };
    cache.set(table, next);
    localStorage.setItem(storageKey(table), JSON.stringify(next));
    for (const notify of listeners) notify();
  };
  return [settings, change] as const;
}
