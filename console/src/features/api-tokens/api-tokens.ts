import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { client, settle, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import type { ApiTokenQuery, NewApiToken } from '@/api/types';
import { oneOf, textIn } from '@/util/query-string';

/** What the address of the list of tokens holds. */
export interface ApiTokenSearch {
  cursor?: string;
  /** Whether the form for a new token is open. */
  create?: 'token';
}

/** The part that a `tenant` from the signed-in layout joins. */
export type TenantApiTokenSearch = ApiTokenSearch & { tenant?: string };

export const apiTokenPageSize = 50;

export function parseApiTokenSearch(values: Record<string, unknown>): ApiTokenSearch {
  return {
    cursor: textIn(values, 'cursor'),
    create: oneOf(values, 'create', ['token']),
  };
}

export function apiTokenListQuery(query: ApiTokenQuery) {
  return queryOptions({
    queryKey: [...keys.apiTokens, query],
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/api-tokens', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    // No event tells when a token was last used.
    staleTime: 0,
  });
}

export function useCreateApiToken() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewApiToken) => unwrap(client.POST('/api/v1/api-tokens', { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.apiTokens }),
  });
}

export function useRevokeApiToken() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      settle(client.DELETE('/api/v1/api-tokens/{id}', { params: { path: { id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.apiTokens }),
  });
}

/** One request to try a token with, from any shell. */
export function curlExample(origin: string, token: string): string {
  return `curl -H 'Authorization: Bearer ${token}' ${origin}/api/v1/devices`;
}
