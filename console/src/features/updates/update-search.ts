import type { Update, UpdateQuery, UpdateState } from '@/api/types';
import { oneOf, type Sort, sortColumn, sortIn, textIn } from '@/util/query-string';

/** Where an installation has something to do, or where a task is already to do it. */
const waitingStates = ['offered', 'approved', 'downloaded'] as const satisfies UpdateState[];
export const lackingStates = [...waitingStates, 'failed'] as const satisfies UpdateState[];

export const updateSortColumns = ['lacking', 'failed', 'first_offered_at', 'title'] as const;

export type UpdateSortColumn = (typeof updateSortColumns)[number];

/** What most devices lack comes first. */
export const standardUpdateSort = '-lacking' as const;

export const updateCategories = [
  'critical',
  'security',
  'definition',
  'update_rollup',
  'service_pack',
  'feature_pack',
  'feature_update',
  'driver',
  'tool',
  'optional',
  'other',
] as const satisfies readonly Update['category'][];

/** Somewhere at least one device has it in such a state. */
export const updateSituations = ['lacking', 'failed', 'restart_pending'] as const;

export type UpdateSituation = (typeof updateSituations)[number];

/** What the address of the list of updates holds. */
export interface UpdateSearch {
  search?: string;
  category?: Update['category'];
  situation?: UpdateSituation;
  sort?: Sort<UpdateSortColumn>;
  cursor?: string;
}

/** The part that a `tenant` from the signed-in layout joins. */
export type TenantUpdateSearch = UpdateSearch & { tenant?: string };

export const updatePageSize = 50;

export function parseUpdateSearch(values: Record<string, unknown>): UpdateSearch {
  return {
    search: textIn(values, 'search'),
    category: oneOf(values, 'category', updateCategories),
    situation: oneOf(values, 'situation', updateSituations),
    sort: sortIn(values, updateSortColumns),
    cursor: textIn(values, 'cursor'),
  };
}

const statesOf: Record<UpdateSituation, readonly UpdateState[]> = {
  lacking: lackingStates,
  failed: ['failed'],
  restart_pending: ['restart_pending'],
};

export function updateListParameters(search: TenantUpdateSearch): UpdateQuery {
  return {
    tenant_id: search.tenant,
    search: search.search,
    category: search.category,
    state: search.situation && statesOf[search.situation].join(','),
    sort: search.sort ?? standardUpdateSort,
    limit: updatePageSize,
    cursor: search.cursor,
  };
}

/** Whether anything but the tenant narrows the list. */
export function isNarrowed({ search, category, situation }: UpdateSearch): boolean {
  return [search, category, situation].some((value) => value !== undefined);
}

export function asUpdateSort(sort: Sort): UpdateSearch['sort'] {
  const column = updateSortColumns.find((name) => name === sortColumn(sort));
  if (!column) return undefined;
  return sort.startsWith('-') ? `-${column}` : column;
}

export const updateStates = [
  'offered',
  'approved',
  'downloaded',
  'unconfirmed',
  'restart_pending',
  'installed',
  'failed',
  'superseded',
] as const satisfies readonly UpdateState[];

/** What the devices of an update are narrowed to: one state, or several that belong together. */
export const deviceStates = ['lacking', 'waiting', ...updateStates] as const;

export type DeviceState = (typeof deviceStates)[number];

/** The states that this choice stands for, as the API takes them. */
export function statesIn(choice: DeviceState | undefined): string | undefined {
  if (choice === 'lacking') return lackingStates.join(',');
  return choice === 'waiting' ? waitingStates.join(',') : choice;
}

/** What the address of an update's page holds. */
export interface UpdatePageSearch {
  state?: DeviceState;
  cursor?: string;
}

export type TenantUpdatePageSearch = UpdatePageSearch & { tenant?: string };

export function parseUpdatePageSearch(values: Record<string, unknown>): UpdatePageSearch {
  return { state: oneOf(values, 'state', deviceStates), cursor: textIn(values, 'cursor') };
}
