import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { toApiError } from './problem';

interface SessionEvents {
  /** The server no longer knows the session. A wrong password or code is no such thing. */
  onSignedOut: () => void;
  /** The server answers nothing more before a second factor is set up. */
  onSecondFactorOwed: () => void;
}

export function createQueryClient({ onSignedOut, onSecondFactorOwed }: SessionEvents): QueryClient {
  const onError = (error: unknown) => {
    const { code } = toApiError(error);
    if (code === 'not_signed_in') onSignedOut();
    if (code === 'totp_setup_required') onSecondFactorOwed();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
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
