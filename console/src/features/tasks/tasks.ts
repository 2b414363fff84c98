import {
  keepPreviousData,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import { toApiError } from '@/api/problem';
import type { Task, TaskQuery } from '@/api/types';

export function taskListQuery(query: TaskQuery) {
  return queryOptions({
    queryKey: [...keys.taskLists, query],
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/tasks', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function useTaskCount(query: TaskQuery): number | null {
  const { data } = useQuery({
    queryKey: [...keys.taskCounts, query],
    queryFn: async ({ signal }) => {
      const counted = { ...query, limit: 1, cursor: undefined, count: true };
      const page = await unwrap(
        client.GET('/api/v1/tasks', { params: { query: counted }, signal }),
      );
      return page.total ?? null;
    },
    placeholderData: keepPreviousData,
  });
  return data ?? null;
}

export function taskQuery(id: string) {
  return queryOptions({
    queryKey: keys.task(id),
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/tasks/{id}', { params: { path: { id } }, signal })),
  });
}

export function useTask(id: string) {
  const queryClient = useQueryClient();
  return useQuery({
    ...taskQuery(id),
    placeholderData: () =>
      queryClient
        .getQueriesData<{ items: Task[] }>({ queryKey: keys.taskLists })
        .flatMap(([, page]) => page?.items ?? [])
        .find((task) => task.id === id),
  });
}

export function useCancelTask() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.POST('/api/v1/tasks/{id}/cancel', { params: { path: { id } } })),
    onSuccess: (task) => {
      queryClient.setQueryData(keys.task(task.id), task);
      void queryClient.invalidateQueries({ queryKey: keys.taskLists });
    },
    onError: (error, id) => {
      // It finished in the meantime: the page shows how.
      if (toApiError(error).status === 409) {
        void queryClient.invalidateQueries({ queryKey: keys.task(id) });
      }
    },
  });
}

export function logAddress(id: string): string {
  return `/api/v1/tasks/${encodeURIComponent(id)}/log`;
}

export function isFinished(task: Task): boolean {
  return ['succeeded', 'failed', 'cancelled', 'expired'].includes(task.state);
}
