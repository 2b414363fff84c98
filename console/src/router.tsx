import type { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { ProblemState } from './components/problem-state';
import {
  deviceRoute,
  devicesRoute,
  enrollmentRoute,
  indexRoute,
  NotFound,
  profileRoute,
  taskRoute,
  tasksRoute,
  updatesRoute,
} from './routes/pages';
import { rootRoute, signedInRoute } from './routes/root';
import { signInRoute } from './routes/sign-in';
import { encodeQueryString, parseQueryString } from './util/query-string';

const routeTree = rootRoute.addChildren([
  signInRoute,
  signedInRoute.addChildren([
    indexRoute,
    updatesRoute,
    devicesRoute,
    deviceRoute,
    tasksRoute,
    taskRoute,
    enrollmentRoute,
    profileRoute,
  ]),
]);

export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    parseSearch: parseQueryString,
    stringifySearch: encodeQueryString,
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: ({ error, reset }) => <ProblemState error={error} onRetry={reset} />,
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
