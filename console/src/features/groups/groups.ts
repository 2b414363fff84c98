import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import { type GroupChange, groupApi, type NewGroup } from '@/api/identity';
import { keys } from '@/api/keys';

function refreshGroups(queryClient: QueryClient) {
  void queryClient.invalidateQueries({ queryKey: keys.groups });
  // Devices carry the name of their group.
  void queryClient.invalidateQueries({ queryKey: keys.devices });
}

export function useCreateGroup() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewGroup) => groupApi.create(body),
    onSuccess: () => refreshGroups(queryClient),
  });
}

export function useUpdateGroup(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: GroupChange) => groupApi.update(id, body),
    onSuccess: () => refreshGroups(queryClient),
  });
}

export function useDeleteGroup(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => groupApi.delete(id),
    onSuccess: () => refreshGroups(queryClient),
  });
}
