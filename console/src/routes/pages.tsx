import { createRoute, redirect } from '@tanstack/react-router';
import { ApiError } from '@/api/problem';
import { ProblemState } from '@/components/problem-state';
import { ActionPage, type ActionPageSearch } from '@/features/actions/action-page';
import { parseActionSearch } from '@/features/actions/action-search';
import { ActionsPage } from '@/features/actions/actions-page';
import { parseAlertSearch } from '@/features/alerts/alert-search';
import { AlertsPage } from '@/features/alerts/alerts-page';
import { AuditPage } from '@/features/audit/audit-page';
import { parseAuditSearch } from '@/features/audit/audit-search';
import { DevicePage, type DevicePageSearch, deviceTabs } from '@/features/devices/device-page';
import { parseDeviceSearch } from '@/features/devices/device-search';
import { DevicesPage } from '@/features/devices/devices-page';
import { TaskPage } from '@/features/tasks/task-page';
import { parseTaskSearch, taskStates } from '@/features/tasks/task-search';
import { TasksPage } from '@/features/tasks/tasks-page';
import { UpdateListPage } from '@/features/updates/update-list-page';
import { UpdatePage } from '@/features/updates/update-page';
import { parseUpdatePageSearch, parseUpdateSearch } from '@/features/updates/update-search';
import { UpdatesPage } from '@/features/updates/updates-page';
import { oneOf, sortIn, textIn } from '@/util/query-string';
import { signedInRoute } from './root';

const getParentRoute = () => signedInRoute;

export const indexRoute = createRoute({
  getParentRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/updates', replace: true });
  },
});

export const updatesRoute = createRoute({
  getParentRoute,
  path: '/updates',
  validateSearch: parseDeviceSearch,
  component: () => <UpdatesPage search={updatesRoute.useSearch()} />,
});

export const updateListRoute = createRoute({
  getParentRoute,
  path: '/updates/by-update',
  validateSearch: parseUpdateSearch,
  component: () => <UpdateListPage search={updateListRoute.useSearch()} />,
});

export const updateRoute = createRoute({
  getParentRoute,
  path: '/updates/$updateId',
  validateSearch: parseUpdatePageSearch,
  component: () => {
    const { updateId } = updateRoute.useParams();
    return <UpdatePage key={updateId} id={updateId} search={updateRoute.useSearch()} />;
  },
});

export const devicesRoute = createRoute({
  getParentRoute,
  path: '/devices',
  validateSearch: parseDeviceSearch,
  component: () => <DevicesPage search={devicesRoute.useSearch()} />,
});

export const deviceRoute = createRoute({
  getParentRoute,
  path: '/devices/$deviceId',
  validateSearch: (values: Record<string, unknown>): DevicePageSearch => ({
    tab: oneOf(values, 'tab', deviceTabs),
    update: textIn(values, 'update'),
    sort: sortIn(values, ['created_at']),
    cursor: textIn(values, 'cursor'),
  }),
  component: () => {
    const { deviceId } = deviceRoute.useParams();
    return <DevicePage key={deviceId} id={deviceId} search={deviceRoute.useSearch()} />;
  },
});

export const alertsRoute = createRoute({
  getParentRoute,
  path: '/alerts',
  validateSearch: parseAlertSearch,
  component: () => <AlertsPage search={alertsRoute.useSearch()} />,
});

export const tasksRoute = createRoute({
  getParentRoute,
  path: '/tasks',
  validateSearch: parseTaskSearch,
  component: () => <TasksPage search={tasksRoute.useSearch()} />,
});

export const taskRoute = createRoute({
  getParentRoute,
  path: '/tasks/$taskId',
  component: () => {
    const { taskId } = taskRoute.useParams();
    return <TaskPage key={taskId} id={taskId} />;
  },
});

export const actionsRoute = createRoute({
  getParentRoute,
  path: '/actions',
  validateSearch: parseActionSearch,
  component: () => <ActionsPage search={actionsRoute.useSearch()} />,
});

export const actionRoute = createRoute({
  getParentRoute,
  path: '/actions/$actionId',
  validateSearch: (values: Record<string, unknown>): ActionPageSearch => ({
    state: oneOf(values, 'state', taskStates),
    sort: sortIn(values, ['created_at']),
    cursor: textIn(values, 'cursor'),
  }),
  component: () => {
    const { actionId } = actionRoute.useParams();
    return <ActionPage key={actionId} id={actionId} search={actionRoute.useSearch()} />;
  },
});

export const auditRoute = createRoute({
  getParentRoute,
  path: '/audit',
  validateSearch: parseAuditSearch,
  component: () => <AuditPage search={auditRoute.useSearch()} />,
});

const notFound = new ApiError({ status: 404, code: 'not_found' });

export function NotFound() {
  return <ProblemState error={notFound} />;
}
