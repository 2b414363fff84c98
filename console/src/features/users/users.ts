import {
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { type NewUser, type UserChange, type UserQuery, userApi } from '@/api/identity';
import { keys } from '@/api/keys';

export function userListQuery(query: UserQuery) {
  return queryOptions({
    queryKey: [...keys.users, 'list', query],
    queryFn: ({ signal }) => userApi.list(query, signal),
    placeholderData: keepPreviousData,
    // No event tells of changes that others make.
    staleTime: 0,
  });
}

export function userSessionsQuery(id: string) {
  return queryOptions({
    queryKey: keys.userSessions(id),
    queryFn: ({ signal }) => userApi.listSessions(id, signal),
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
    mutationFn: (body: NewUser) => userApi.create(body),
    onSuccess: () => refreshUsers(queryClient),
  });
}

export function useUpdateUser(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: UserChange) => userApi.update(id, body),
    onSuccess: () => refreshUsers(queryClient),
  });
}

export function useDeleteUser(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => userApi.delete(id),
    onSuccess: () => refreshUsers(queryClient),
  });
}

export type LinkKind = 'invitation' | 'password_reset';

export function useIssueLink(id: string, kind: LinkKind) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () =>
      kind === 'invitation' ? userApi.renewInvitation(id) : userApi.createPasswordReset(id),
    onSuccess: () => refreshUsers(queryClient),
  });
}

export function useResetSecondFactor(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => userApi.resetSecondFactor(id),
    onSuccess: () => refreshUsers(queryClient),
  });
}

export function useEndUserSessions(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => userApi.endSessions(id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.userSessions(id) }),
  });
}
