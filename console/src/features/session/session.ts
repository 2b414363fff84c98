import {
  type QueryClient,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { client, settle, unwrap } from '@/api/client';
import { toApiError } from '@/api/problem';
import type { Capability, NewSession, ProfileChange, Session, SignInOptions } from '@/api/types';

/** `null` when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await unwrap(client.GET('/api/v1/session', { signal }));
    } catch (error) {
      if (toApiError(error).status === 401) return null;
      throw error;
    }
  },
});

/** Only below the signed-in layout, which shows nothing before the session is known. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery);
  if (!data) throw new Error('a page that needs a session was shown without one');
  return data;
}

/** What a role may never do is not shown. */
export function useCan(capability: Capability): boolean {
  return useSession().can[capability];
}

/** Nothing that another user has seen may outlive their session. */
export function beginSession(queryClient: QueryClient, session: Session): void {
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, session);
}

export function useSignIn() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewSession) => unwrap(client.POST('/api/v1/session', { body })),
    onSuccess: (session) => beginSession(queryClient, session),
  });
}

/** What the sign-in page can offer. */
export const signInOptionsQuery = queryOptions({
  queryKey: ['sign-in-options'],
  queryFn: ({ signal }) => unwrap(client.GET('/api/v1/sign-in-options', { signal })),
});

export function useSignInOptions(): SignInOptions | undefined {
  return useQuery(signInOptionsQuery).data;
}

/** A request for the second step is no failure to tell. */
export function isCodeAsked(error: unknown): boolean {
  return toApiError(error).code === 'totp_required';
}

export function useSignOut() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => settle(client.DELETE('/api/v1/session')),
    onSuccess: () => endSession(queryClient),
  });
}

/** The signed-in layout leaves for the sign-in page as soon as the session is gone. */
export function endSession(queryClient: QueryClient): void {
  queryClient.setQueryData(sessionQuery.queryKey, null);
}

/** The screen changes at once; a refused change is taken back. */
export function useChangeProfile() {
  const queryClient = useQueryClient();
  const key = sessionQuery.queryKey;
  return useMutation({
    mutationFn: (body: ProfileChange) => unwrap(client.PATCH('/api/v1/profile', { body })),
    onMutate: (change) => {
      const before = queryClient.getQueryData(key);
      if (before) {
        const language = change.language ?? before.user.language;
        const color_scheme = change.color_scheme ?? before.user.color_scheme;
        const after: Session = { ...before, user: { ...before.user, language, color_scheme } };
        queryClient.setQueryData(key, after);
      }
      return before;
    },
    onSuccess: (session) => queryClient.setQueryData(key, session),
    onError: (_error, _change, before) => {
      if (before) queryClient.setQueryData(key, before);
    },
  });
}
