import type { QueryClient } from '@tanstack/react-query';
import { useQuery } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  Outlet,
  redirect,
  retainSearchParams,
  useNavigate,
  useRouterState,
} from '@tanstack/react-router';
import { useEffect } from 'react';
import { AppShell } from '@/components/app-shell';
import { UnsavedProvider } from '@/components/form/unsaved';
import { HintLayer } from '@/components/hint';
import { ProblemState } from '@/components/problem-state';
import { SecondFactorGate } from '@/features/second-factor/second-factor-gate';
import { sessionQuery } from '@/features/session/session';
import { textIn } from '@/util/query-string';

export interface RouterContext {
  queryClient: QueryClient;
}

export const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: () => (
    <UnsavedProvider>
      <Outlet />
      <HintLayer />
    </UnsavedProvider>
  ),
});

export interface TenantSearch {
  tenant?: string;
}

/** Everything below needs a session; without one it leads to the sign-in page and back. */
export const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'signed-in',
  validateSearch: (values: Record<string, unknown>): TenantSearch => ({
    tenant: textIn(values, 'tenant'),
  }),
  search: { middlewares: [retainSearchParams(['tenant'])] },
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: '/sign-in', search: { return_to: location.href } });
  },
  component: SignedIn,
  errorComponent: ({ error, reset }) => <ProblemState error={error} onRetry={reset} />,
});

function SignedIn() {
  const { data: session } = useQuery(sessionQuery);
  const navigate = useNavigate();
  const location = useRouterState({ select: (state) => state.location });
  const ended = session === null;
  useEffect(() => {
    if (!ended || location.pathname === '/sign-in') return;
    void navigate({ to: '/sign-in', search: { return_to: location.href }, replace: true });
  }, [ended, location, navigate]);
  if (!session) return null;
  return (
    <SecondFactorGate>
      <AppShell />
    </SecondFactorGate>
  );
}
