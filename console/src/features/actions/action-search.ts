import type { ActionQuery, ActionSummary, CreatorKind } from '@/api/types';
import { oneOf, textIn } from '@/util/query-string';

export const actionStates = ['open', 'ended'] as const;

/** The caller, or somebody of a kind. */
export const actionCreators = [
  'own',
  'user',
  'api_token',
  'command_line',
  'policy',
] as const satisfies readonly ('own' | CreatorKind)[];

export const actionKinds = [
  'scan',
  'install_updates',
  'restart',
] as const satisfies readonly ActionSummary['kind'][];

/** What the address of the list of actions holds. */
export interface ActionSearch {
  kind?: ActionSummary['kind'];
  by?: (typeof actionCreators)[number];
  state?: (typeof actionStates)[number];
  cursor?: string;
}

/** The part that a `tenant` from the signed-in layout joins. */
export type TenantActionSearch = ActionSearch & { tenant?: string };

export const actionPageSize = 50;

export function parseActionSearch(values: Record<string, unknown>): ActionSearch {
  return {
    kind: oneOf(values, 'kind', actionKinds),
    by: oneOf(values, 'by', actionCreators),
    state: oneOf(values, 'state', actionStates),
    cursor: textIn(values, 'cursor'),
  };
}

export function actionListParameters(search: TenantActionSearch): ActionQuery {
  const { by, state } = search;
  return {
    tenant_id: search.tenant,
    kind: search.kind,
    own: by === 'own' ? true : undefined,
    created_by_kind: by === 'own' ? undefined : by,
    open: state && state === 'open',
    limit: actionPageSize,
    cursor: search.cursor,
  };
}
