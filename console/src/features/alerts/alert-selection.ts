import type { Alert } from '@/api/types';
import type { RowSelection } from '@/components/table/data-table';

/** Of the page in view; what is closed has nothing left to acknowledge. */
export function selectedAlerts(alerts: readonly Alert[], ids: ReadonlySet<string>): Alert[] {
  return alerts.filter(({ id, state }) => ids.has(id) && state !== 'closed');
}

export function alertRowSelection(
  alerts: readonly Alert[],
  ids: ReadonlySet<string>,
  select: (ids: ReadonlySet<string>) => void,
): RowSelection<Alert> {
  const selected = new Set(selectedAlerts(alerts, ids).map(({ id }) => id));
  const all = alerts.length > 0 && selected.size === alerts.length;
  return {
    isSelected: ({ id }) => selected.has(id),
    toggle: ({ id }) => {
      const next = new Set(selected);
      if (!next.delete(id)) next.add(id);
      select(next);
    },
    all,
    some: selected.size > 0,
    toggleAll: () => select(all ? new Set() : new Set(alerts.map(({ id }) => id))),
  };
}
