import type { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { ProblemState } from './components/problem-state';
import {
  blackoutRoute,
  blackoutsRoute,
  comingRoute,
  feedsRoute,
  newBlackoutRoute,
  newWindowRoute,
  tonightRoute,
  windowRoute,
  windowsRoute,
} from './routes/maintenance';
import {
  actionRoute,
  actionsRoute,
  alertsRoute,
  auditRoute,
  deviceRoute,
  devicesRoute,
  indexRoute,
  NotFound,
  taskRoute,
  tasksRoute,
  updateListRoute,
  updateRoute,
  updatesRoute,
} from './routes/pages';
import { rootRoute, signedInRoute } from './routes/root';
import {
  apiTokensRoute,
  enrollmentRoute,
  groupsRoute,
  newUpdatePolicyRoute,
  openidSettingsRoute,
  profileRoute,
  rolloutsRoute,
  tenantsRoute,
  updateDecisionsRoute,
  updatePoliciesRoute,
  updatePolicyRoute,
  usersRoute,
} from './routes/settings';
import {
  forgottenPasswordRoute,
  invitationRoute,
  newPasswordRoute,
  openidSignInRoute,
  signInRoute,
} from './routes/sign-in';
import { encodeQueryString, parseQueryString } from './util/query-string';

const routeTree = rootRoute.addChildren([
  signInRoute,
  openidSignInRoute,
  forgottenPasswordRoute,
  invitationRoute,
  newPasswordRoute,
  signedInRoute.addChildren([
    indexRoute,
    updatesRoute,
    updateListRoute,
    updateRoute,
    devicesRoute,
    deviceRoute,
    alertsRoute,
    tasksRoute,
    taskRoute,
    actionsRoute,
    actionRoute,
    auditRoute,
    windowsRoute,
    newWindowRoute,
    windowRoute,
    blackoutsRoute,
    newBlackoutRoute,
    blackoutRoute,
    comingRoute,
    tonightRoute,
    feedsRoute,
    usersRoute,
    groupsRoute,
    tenantsRoute,
    updatePoliciesRoute,
    updateDecisionsRoute,
    rolloutsRoute,
    newUpdatePolicyRoute,
    updatePolicyRoute,
    enrollmentRoute,
    apiTokensRoute,
    openidSettingsRoute,
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
