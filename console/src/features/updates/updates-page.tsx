import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Page } from '@/components/page';
import { ProblemState } from '@/components/problem-state';
import { DataTable } from '@/components/table/data-table';
import { type QuickFilter, QuickFilters } from '@/components/table/quick-filters';
import { TableFooter } from '@/components/table/table-footer';
import tools from '@/components/table/table-tools.module.css';
import { ViewMenu } from '@/components/table/view-menu';
import { useViewSettings, type ViewSettings } from '@/components/table/view-settings';
import { ActionDialog } from '@/features/actions/action-dialog';
import type { ActionIntent } from '@/features/actions/schedule';
import { DeviceFilters } from '@/features/devices/device-filters';
import { deviceFilter, type TenantDeviceSearch } from '@/features/devices/device-search';
import { deviceRowSelection, selectedDevices } from '@/features/devices/device-selection';
import { useDeviceCount } from '@/features/devices/devices';
import { ExportButton } from '@/features/devices/export-button';
import { NoDevices } from '@/features/devices/no-devices';
import { NoMatch } from '@/features/devices/no-match';
import { type DeviceTable, useDeviceTable } from '@/features/devices/use-device-table';
import { useSession } from '@/features/session/session';
import { useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { BulkBar } from './bulk-bar';
import { updatesColumns } from './updates-columns';
import { UpdatesViews } from './updates-views';

const standardView: ViewSettings = { density: 'comfortable', hidden: ['tenant', 'group'] };

export function UpdatesPage({ search }: { search: TenantDeviceSearch }) {
  const { t } = useTranslation();
  const table = useDeviceTable(search);
  if (table.list.isError && !table.list.data) {
    return (
      <Page title={t('updates.title')}>
        <ProblemState error={table.list.error} onRetry={() => void table.list.refetch()} />
      </Page>
    );
  }
  const empty =
    table.list.isSuccess && table.devices.length === 0 && !table.filtered && !search.cursor;
  if (empty) {
    return (
      <Page title={t('updates.title')}>
        <NoDevices tenantId={search.tenant} />
      </Page>
    );
  }
  return <UpdatesTable search={search} table={table} />;
}

interface UpdatesTableProps {
  search: TenantDeviceSearch;
  table: DeviceTable;
}

function UpdatesTable({ search, table }: UpdatesTableProps) {
  const { t } = useTranslation();
  const { can } = useSession();
  const navigate = useNavigate();
  const several = useTenants().length > 1 && search.tenant === undefined;
  const [settings, changeSettings] = useViewSettings('updates', standardView);
  const [intent, setIntent] = useState<ActionIntent | null>(null);
  const acts = can.scan_devices || can.install_updates || can.restart_devices;
  const compact = settings.density === 'compact';
  const columns = useMemo(
    () =>
      updatesColumns({
        t,
        compact,
        showTenant: several,
        actions: acts
          ? (kind, device) => setIntent({ kind, target: { type: 'devices', devices: [device] } })
          : null,
      }),
    [t, compact, several, acts],
  );
  const { devices, selection, select, total } = table;
  const rowSelection = deviceRowSelection(devices, selection, select);
  const selected = selectedDevices(devices, selection);
  return (
    <Page
      fills
      title={t('updates.title')}
      beside={
        <>
          <UpdatesViews />
          <UpdatesQuickFilters search={search} table={table} />
        </>
      }
    >
      {selected.length > 0 && acts ? (
        <BulkBar
          devices={selected}
          selection={selection}
          total={total}
          pageFull={rowSelection.all}
          onSelectMatching={() => select({ type: 'matching' })}
          onClear={() => select({ type: 'none' })}
          onAsk={(wish) =>
            setIntent({
              ...wish,
              target:
                selection.type === 'matching'
                  ? { type: 'matching', filter: deviceFilter(search) }
                  : { type: 'devices', devices: selected },
            })
          }
        />
      ) : (
        <div className={tools.toolbar}>
          <DeviceFilters search={search} onChange={table.change} />
          <span className={tools.spacer} />
          <ViewMenu
            columns={columns.map(({ id, meta }) => ({
              id,
              title: meta.title,
              fixed: meta.fixed === true,
            }))}
            settings={settings}
            onChange={changeSettings}
          />
          <ExportButton search={search} />
        </div>
      )}
      <DataTable
        label={t('updates.title')}
        columns={columns}
        rows={devices}
        rowId={(device) => device.id}
        rowName={(device) => device.hostname}
        loading={table.list.isPending}
        stale={table.list.isPlaceholderData}
        hidden={settings.hidden}
        density={settings.density}
        sort={search.sort ?? 'hostname'}
        onSort={table.sort}
        selection={acts ? rowSelection : undefined}
        onOpen={(device) =>
          void navigate({ to: '/devices/$deviceId', params: { deviceId: device.id } })
        }
        keyboard
        empty={<NoMatch onClear={table.clear} />}
      />
      <TableFooter pages={table.pages} />
      <ActionDialog
        intent={intent}
        onClose={() => setIntent(null)}
        onStarted={() => select({ type: 'none' })}
      />
    </Page>
  );
}

function UpdatesQuickFilters({ search, table }: UpdatesTableProps) {
  const { t } = useTranslation();
  const base = deviceFilter({ ...search, restart: undefined, updates: undefined });
  const { restart, updates } = search;
  const choose = (next: Pick<TenantDeviceSearch, 'restart' | 'updates'>) => () =>
    table.change({ restart: undefined, updates: undefined, ...next });
  const filters: QuickFilter[] = [
    {
      key: 'everything',
      label: t('filters.everything'),
      count: useDeviceCount(base),
      active: !restart && !updates,
      onChoose: choose({}),
    },
    {
      key: 'pending',
      label: t('filters.updates_pending'),
      count: useDeviceCount({ ...base, updates: 'pending' }),
      active: updates === 'pending' && !restart,
      onChoose: choose({ updates: 'pending' }),
    },
    {
      key: 'restart',
      label: t('filters.restart_required'),
      count: useDeviceCount({ ...base, restart: 'required' }),
      active: restart === 'required',
      onChoose: choose({ restart: 'required' }),
    },
    {
      key: 'unknown',
      label: t('filters.updates_unknown'),
      count: useDeviceCount({ ...base, updates: 'unknown' }),
      active: updates === 'unknown',
      onChoose: choose({ updates: 'unknown' }),
    },
  ];
  return <QuickFilters label={t('filters.quick')} filters={filters} />;
}
