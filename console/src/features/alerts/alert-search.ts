import type { Alert, AlertQuery } from '@/api/types';
import { oneOf, textIn } from '@/util/query-string';

export const alertKinds = [
  'update_failed',
  'scan_failing',
  'restart_overdue',
  'rollout_stopped',
  'update_overdue',
] as const satisfies readonly Alert['kind'][];

/** Open ones need somebody, and are what the page begins with: its address names only others. */
export const alertViews = ['acknowledged', 'closed', 'all'] as const;
export type AlertView = (typeof alertViews)[number];

/** What the address of the alerts holds. */
export interface AlertSearch {
  view?: AlertView;
  kind?: Alert['kind'];
  device?: string;
  cursor?: string;
  selected?: string;
}

/** The part that a `tenant` from the signed-in layout joins. */
export type TenantAlertSearch = AlertSearch & { tenant?: string };

export const alertPageSize = 50;

export function parseAlertSearch(values: Record<string, unknown>): AlertSearch {
  return {
    view: oneOf(values, 'view', alertViews),
    kind: oneOf(values, 'kind', alertKinds),
    device: textIn(values, 'device'),
    cursor: textIn(values, 'cursor'),
    selected: textIn(values, 'selected'),
  };
}

export function alertListParameters(search: TenantAlertSearch): AlertQuery {
  const view = search.view ?? 'open';
  return {
    tenant_id: search.tenant,
    device_id: search.device,
    kind: search.kind,
    state: view === 'all' ? undefined : view,
    limit: alertPageSize,
    cursor: search.cursor,
  };
}

/** Whether anything but the tenant and the state narrows the list. */
export function isNarrowed({ kind, device }: AlertSearch): boolean {
  return kind !== undefined || device !== undefined;
}
