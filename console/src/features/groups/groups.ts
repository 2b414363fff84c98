import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import { client, settle, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import type { GroupChange, NewGroup } from '@/api/types';

function refreshGroups(queryClient: QueryClient) {
  void queryClient.invalidateQueries({ queryKey: keys.groups });
  // Devices carry the name of their group.
  void queryClient.invalidateQueries({ queryKey: keys.devices });
}

export function useCreateGroup() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewGroup) => unwrap(client.POST('/api/v1/groups', { body })),
    onSuccess: () => refreshGroups(queryClient),
  });
}

export function useUpdateGroup(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: GroupChange) =>
      unwrap(client.PATCH('/api/v1/groups/{id}', { params: { path: { id } }, body })),
    onSuccess: () => refreshGroups(queryClient),
  });
}

export function useDeleteGroup(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => settle(client.DELETE('/api/v1/groups/{id}', { params: { path: { id } } })),
    onSuccess: () => refreshGroups(queryClient),
  });
}
