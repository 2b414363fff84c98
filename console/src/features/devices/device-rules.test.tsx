import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { keys } from '@/api/keys';
import type { Device, Session, Task } from '@/api/types';
import { sessionQuery } from '@/features/session/session';
import { taskListQuery } from '@/features/tasks/tasks';
import { i18n } from '@/i18n';
import { TranslationProvider } from '@/i18n/use-translation';
import { RowActions } from './device-actions';
import { LastScan, PendingUpdates, RequiredRestart } from './device-cells';
import { RestartCountDown } from './restart-count-down';

const allowed = { allowed: true, reason: null };

function device(values: Partial<Device>): Device {
  return {
    id: 'd1',
    tenant: { id: 't1', name: 'Tenant' },
    hostname: 'PC-1',
    os: { family: 'windows', name: 'Windows 11 Pro', version: '24H2', architecture: 'x86_64' },
    agent_version: '0.1.0',
    connection: 'online',
    enrolled_at: '2026-11-01T00:00:00Z',
    last_seen_at: '2026-11-23T12:00:00Z',
    pending_updates: { total: 3, security: 1 },
    scan: { state: 'succeeded', scanned_at: '2026-11-23T12:00:00Z' },
    restart: { required: 'no', signals: [], postponed: 0 },
    open_tasks: 0,
    can: {
      scan: allowed,
      install: allowed,
      restart: { allowed: false, reason: 'no_restart_pending' },
      remove: allowed,
    },
    ...values,
  };
}

function session(acts: boolean): Session {
  return {
    user: {
      id: 'u1',
      email: 'a@example.test',
      name: 'A',
      role: acts ? 'technician' : 'client_view',
      color_scheme: 'auto',
    },
    tenant: { id: 't1', name: 'Tenant' },
    can: {
      read_devices: true,
      scan_devices: acts,
      install_updates: acts,
      restart_devices: acts,
      acknowledge_alerts: acts,
      cancel_tasks: acts,
      move_devices: acts,
      remove_devices: acts,
      manage_enrollment_tokens: acts,
      manage_groups: false,
      manage_maintenance_windows: false,
      manage_update_policies: false,
      manage_users: false,
      manage_api_tokens: false,
      manage_settings: false,
      read_audit: false,
      manage_tenants: false,
    },
    server_version: '0.1.0',
    session_id: 's1',
    method: 'password',
    tenant_kind: 'provider',
    roles: [],
    second_factor: { state: 'off', required: false, recovery_codes_left: null },
  };
}

async function show(content: ReactNode, acts = true, running: readonly Task[] = []) {
  await i18n.changeLanguage('en');
  const queryClient = new QueryClient();
  queryClient.setQueryDefaults(sessionQuery.queryKey, { staleTime: Number.POSITIVE_INFINITY });
  queryClient.setQueryData(sessionQuery.queryKey, session(acts));
  queryClient.setQueryDefaults(keys.taskLists, { staleTime: Number.POSITIVE_INFINITY });
  const restarts = taskListQuery({ device_id: 'd1', kind: 'restart', state: 'running', limit: 1 });
  queryClient.setQueryData(restarts.queryKey, { items: [...running] });
  const rootRoute = createRootRoute();
  const routeTree = rootRoute.addChildren([
    createRoute({
      getParentRoute: () => rootRoute,
      path: '/',
      component: () => <div data-testid="shown">{content}</div>,
    }),
  ]);
  const history = createMemoryHistory({ initialEntries: ['/'] });
  const router = createRouter({ routeTree, history });
  render(
    <MantineProvider>
      <QueryClientProvider client={queryClient}>
        <TranslationProvider>
          <RouterProvider router={router as never} />
        </TranslationProvider>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return screen.findByTestId('shown');
}

function restarting(): Task {
  return {
    id: 'k1',
    action_id: 'a1',
    device: { id: 'd1', hostname: 'PC-1' },
    kind: 'restart',
    when: { type: 'now' },
    state: 'running',
    created_at: '2026-11-23T12:00:00Z',
    created_by: 'A',
    created_by_kind: 'user',
    updates: [],
    breaks_windows: false,
    can: { cancel: allowed },
  };
}

const ignore = () => undefined;

describe('pending updates', () => {
  it('that are unknown are never shown as none', async () => {
    const unknown = device({
      pending_updates: { total: null, security: null },
      scan: { state: 'never' },
    });
    const shown = await show(<PendingUpdates device={unknown} />);
    expect(shown.textContent).toBe('Unknown');
  });

  it('of none after a failed scan do not claim to be up to date', async () => {
    const stale = device({
      pending_updates: { total: 0, security: 0 },
      scan: { state: 'failed', scanned_at: '2026-11-20T12:00:00Z', error_code: 'scan_failed' },
    });
    const shown = await show(<PendingUpdates device={stale} />);
    expect(shown.textContent).toBe('0');
  });

  it('do not count definitions, which are told beside them', async () => {
    const signatures = device({ pending_updates: { total: 0, security: 0, definitions: 2 } });
    const shown = await show(<PendingUpdates device={signatures} />);
    expect(shown.textContent).toBe('Up to date');
    const hint = shown.querySelector('[data-hint]')?.getAttribute('data-hint');
    expect(hint).toBe('and 2 definition updates');
  });

  it('of none after a good scan are up to date', async () => {
    const current = device({ pending_updates: { total: 0, security: 0 } });
    const shown = await show(<PendingUpdates device={current} />);
    expect(shown.textContent).toBe('Up to date');
  });
});

describe('states', () => {
  it('a restart that is not known is neither yes nor no', async () => {
    const unknown = device({ restart: { required: 'unknown', signals: [], postponed: 0 } });
    const shown = await show(<RequiredRestart device={unknown} />);
    expect(shown.textContent).toBe('Unknown');
  });

  it('a failed scan says so and keeps the age of the last good one', async () => {
    const failed = device({
      scan: {
        state: 'failed',
        scanned_at: '2020-01-01T00:00:00Z',
        attempted_at: new Date().toISOString(),
        error_code: 'network_unreachable',
      },
    });
    const shown = await show(<LastScan device={failed} compact={false} />);
    expect(shown.textContent).toMatch(/^Failed now.*OK .+ago/);
  });
});

describe('actions', () => {
  it('offer no restart while none is pending', async () => {
    await show(<RowActions device={device({})} onAsk={ignore} />);
    expect(screen.queryByRole('button', { name: 'Restart' })).toBeNull();
  });

  it('offer a restart while one is pending', async () => {
    const pending = device({
      restart: { required: 'yes', signals: [], postponed: 0 },
      can: { scan: allowed, install: allowed, restart: allowed, remove: allowed },
    });
    const asked = vi.fn();
    await show(<RowActions device={pending} onAsk={asked} />);
    await userEvent.click(screen.getByRole('button', { name: 'Restart' }));
    expect(asked).toHaveBeenCalledWith('restart', pending);
  });

  it('that are impossible now say why and do nothing', async () => {
    const nothing = device({
      can: {
        scan: allowed,
        install: { allowed: false, reason: 'no_pending_updates' },
        restart: allowed,
        remove: allowed,
      },
    });
    const asked = vi.fn();
    await show(<RowActions device={nothing} onAsk={asked} />);
    const install = screen.getByRole('button', { name: 'Install' });
    expect(install.getAttribute('aria-disabled')).toBe('true');
    expect(install.getAttribute('aria-description')).toBe('There is nothing to install.');
    await userEvent.click(install);
    expect(asked).not.toHaveBeenCalled();
  });

  it('are not shown to a role that may never act', async () => {
    await show(<RowActions device={device({})} onAsk={ignore} />, false);
    expect(screen.queryAllByRole('button')).toEqual([]);
  });
});

describe('a restart that counts down', () => {
  const counting = (postponed: number) =>
    device({
      restart: { required: 'yes', signals: [], scheduled_at: '2031-01-02T14:35:00Z', postponed },
    });

  it('says when and how often it was put off', async () => {
    const shown = await show(<RestartCountDown device={counting(1)} />);
    expect(shown.textContent).toMatch(/^Restarts at .* · postponed 1 time$/);
  });

  it('says nothing of postponements that there were not', async () => {
    const shown = await show(<RestartCountDown device={counting(0)} />);
    expect(shown.textContent).not.toContain('postponed');
  });

  it('can be called off by who may', async () => {
    await show(<RestartCountDown device={counting(2)} />, true, [restarting()]);
    const button = await screen.findByRole('button', { name: 'Cancel the restart' });
    expect(button.getAttribute('aria-disabled')).not.toBe('true');
  });

  it('offers nothing to who may only look', async () => {
    const shown = await show(<RestartCountDown device={counting(2)} />, false, [restarting()]);
    expect(shown.textContent).toContain('postponed 2 times');
    expect(screen.queryByRole('button')).toBeNull();
  });
});
