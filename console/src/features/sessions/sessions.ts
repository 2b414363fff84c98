import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { sessionApi } from '@/api/identity';
import { keys } from '@/api/keys';

export const ownSessionsQuery = queryOptions({
  queryKey: keys.ownSessions,
  queryFn: ({ signal }) => sessionApi.list(signal),
  // No event tells of other browsers.
  staleTime: 0,
});

export function useEndOwnSession() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => sessionApi.end(id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.ownSessions }),
  });
}
