import {
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { client, settle, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import type { NewUser, UserChange, UserQuery } from '@/api/types';

export function userListQuery(query: UserQuery) {
  return queryOptions({
    queryKey: [...keys.users, 'list', query],
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/users', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    // No event tells of changes that others make.
    staleTime: 0,
  });
}

export function userSessionsQuery(id: string) {
  return queryOptions({
    queryKey: keys.userSessions(id),
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/users/{id}/sessions', { params: { path: { id } }, signal })),
    staleTime: 0,
  });
}

function refreshUsers(queryClient: QueryClient) {
  void queryClient.invalidateQueries({ queryKey: keys.users });
  // Tenants count their people.
  void queryClient.invalidateQueries({ queryKey: keys.tenants });
}

export function useInviteUser() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewUser) => unwrap(client.POST('/api/v1/users', { body })),
    onSuccess: () => refreshUsers(queryClient),
  });
}

export function useUpdateUser(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: UserChange) =>
      unwrap(client.PATCH('/api/v1/users/{id}', { params: { path: { id } }, body })),
    onSuccess: () => refreshUsers(queryClient),
  });
}

export function useDeleteUser(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => settle(client.DELETE('/api/v1/users/{id}', { params: { path: { id } } })),
    onSuccess: () => refreshUsers(queryClient),
  });
}

export type LinkKind = 'invitation' | 'password_reset';

export function useIssueLink(id: string, kind: LinkKind) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () =>
      unwrap(
        kind === 'invitation'
          ? client.POST('/api/v1/users/{id}/invitation', { params: { path: { id } } })
          : client.POST('/api/v1/users/{id}/password-reset', { params: { path: { id } } }),
      ),
    onSuccess: () => refreshUsers(queryClient),
  });
}

export function useResetSecondFactor(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () =>
      settle(client.DELETE('/api/v1/users/{id}/second-factor', { params: { path: { id } } })),
    onSuccess: () => refreshUsers(queryClient),
  });
}

export function useEndUserSessions(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () =>
      settle(client.DELETE('/api/v1/users/{id}/sessions', { params: { path: { id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.userSessions(id) }),
  });
}
