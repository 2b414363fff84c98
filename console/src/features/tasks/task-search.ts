import type { Task, TaskQuery } from '@/api/types';
import { oneOf, type Sort, sortIn, textIn } from '@/util/query-string';

export const taskStates = [
  'queued',
  'delivered',
  'waiting_for_window',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'expired',
] as const satisfies readonly Task['state'][];

export const taskKinds = [
  'scan',
  'install_updates',
  'restart',
] as const satisfies readonly Task['kind'][];

/** What the address of the task list holds. */
export interface TaskSearch {
  state?: Task['state'];
  kind?: Task['kind'];
  action?: string;
  device?: string;
  sort?: Sort<'created_at'>;
  cursor?: string;
}

/** The part that a `tenant` from the signed-in layout joins. */
export type TenantTaskSearch = TaskSearch & { tenant?: string };

export function parseTaskSearch(values: Record<string, unknown>): TaskSearch {
  return {
    state: oneOf(values, 'state', taskStates),
    kind: oneOf(values, 'kind', taskKinds),
    action: textIn(values, 'action'),
    device: textIn(values, 'device'),
    sort: sortIn(values, ['created_at']),
    cursor: textIn(values, 'cursor'),
  };
}

export const standardTaskSort = '-created_at' as const;

export function taskListParameters(search: TenantTaskSearch): TaskQuery {
  return {
    tenant_id: search.tenant,
    state: search.state,
    kind: search.kind,
    action_id: search.action,
    device_id: search.device,
    sort: search.sort ?? standardTaskSort,
    limit: 50,
    cursor: search.cursor,
  };
}
