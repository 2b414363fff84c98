import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { toApiError } from './problem';

function onNotSignedIn(notify: () => void) {
  return (error: unknown) => {
    if (toApiError(error).status === 401) notify();
  };
}

/** `signedOut` is called whenever the server no longer knows the session. */
export function createQueryClient(signedOut: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: onNotSignedIn(signedOut) }),
    mutationCache: new MutationCache({
      onError: (error, _variables, _result, mutation) => {
        if (mutation.options.mutationKey?.[0] !== 'sign-in') onNotSignedIn(signedOut)(error);
      },
    }),
    defaultOptions: {
      queries: {
        // Server-sent events keep the cache fresh; nothing is fetched again on a timer.
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        retry: (failures, error) => {
          const { status } = toApiError(error);
          return (status === 0 || status >= 500) && failures < 2;
        },
      },
      mutations: { retry: false },
    },
  });
}
