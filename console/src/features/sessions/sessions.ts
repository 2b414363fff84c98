import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { client, settle, unwrap } from '@/api/client';
import { keys } from '@/api/keys';

export const ownSessionsQuery = queryOptions({
  queryKey: keys.ownSessions,
  queryFn: ({ signal }) => unwrap(client.GET('/api/v1/sessions', { signal })),
  // No event tells of other browsers.
  staleTime: 0,
});

export function useEndOwnSession() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      settle(client.DELETE('/api/v1/sessions/{id}', { params: { path: { id } } })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.ownSessions }),
  });
}
