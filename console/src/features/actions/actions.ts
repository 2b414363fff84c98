import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import { toApiError } from '@/api/problem';
import type { ActionQuery, ActionSummary, NewAction } from '@/api/types';
import { trackAction } from './tracked-actions';

export function actionQuery(id: string) {
  return queryOptions({
    queryKey: keys.action(id),
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/actions/{id}', { params: { path: { id } }, signal })),
  });
}

export function actionListQuery(query: ActionQuery) {
  return queryOptions({
    queryKey: [...keys.actionLists, query],
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/actions', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** What the person asked for and has not ended, also from another browser or a program's token. */
export const ownOpenActionsQuery = queryOptions({
  queryKey: [...keys.actionLists, 'own-open'],
  queryFn: ({ signal }) =>
    unwrap(
      client.GET('/api/v1/actions', {
        params: { query: { own: true, open: true, limit: 4 } },
        signal,
      }),
    ),
});

export function useCancelAction() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.POST('/api/v1/actions/{id}/cancel', { params: { path: { id } } })),
    onSuccess: (action) => {
      queryClient.setQueryData(keys.action(action.id), action);
      void queryClient.invalidateQueries({ queryKey: keys.actionLists });
      void queryClient.invalidateQueries({ queryKey: keys.taskLists });
    },
    onError: (error, id) => {
      // It ended in the meantime: the page shows how.
      if (toApiError(error).status === 409) {
        void queryClient.invalidateQueries({ queryKey: keys.action(id) });
      }
    },
  });
}

export interface ActionRequest {
  /** Made when the dialogue opens: pressing twice, or trying again, asks for one action only. */
  idempotencyKey: string;
  body: NewAction;
}

export function useCreateAction() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ idempotencyKey, body }: ActionRequest) =>
      unwrap(
        client.POST('/api/v1/actions', {
          params: { header: { 'Idempotency-Key': idempotencyKey } },
          body,
        }),
      ),
    onSuccess: (action) => {
      queryClient.setQueryData(keys.action(action.id), action);
      trackAction(action.id);
      void queryClient.invalidateQueries({ queryKey: keys.actionLists });
      void queryClient.invalidateQueries({ queryKey: keys.taskLists });
      void queryClient.invalidateQueries({ queryKey: keys.deviceLists });
    },
  });
}

export interface ActionCounts {
  total: number;
  finished: number;
  succeeded: number;
  failed: number;
  stopped: number;
  running: number;
  waiting: number;
}

export function summarise({
  tasks,
  tasks_total,
}: Pick<ActionSummary, 'tasks' | 'tasks_total'>): ActionCounts {
  const stopped = tasks.cancelled + tasks.expired;
  return {
    total: tasks_total,
    finished: tasks.succeeded + tasks.failed + stopped,
    succeeded: tasks.succeeded,
    failed: tasks.failed,
    stopped,
    running: tasks.running,
    waiting: tasks.queued + tasks.delivered + tasks.waiting_for_window,
  };
}
