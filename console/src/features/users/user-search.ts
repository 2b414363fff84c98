import type { UserQuery } from '@/api/types';
import { oneOf, textIn } from '@/util/query-string';

/** What the address of the list of people holds. */
export interface UserSearch {
  search?: string;
  cursor?: string;
  /** Whether the invitation form is open. */
  create?: 'user';
}

/** The part that a `tenant` from the signed-in layout joins. */
export type TenantUserSearch = UserSearch & { tenant?: string };

export const userPageSize = 50;

export function parseUserSearch(values: Record<string, unknown>): UserSearch {
  return {
    search: textIn(values, 'search'),
    cursor: textIn(values, 'cursor'),
    create: oneOf(values, 'create', ['user']),
  };
}

export function userQuery({ tenant, search, cursor }: TenantUserSearch): UserQuery {
  return { tenant_id: tenant, search, limit: userPageSize, cursor };
}
