import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Device } from '@/api/types';
import { Page } from '@/components/page';
import { ProblemState } from '@/components/problem-state';
import { DataTable } from '@/components/table/data-table';
import { TableFooter } from '@/components/table/table-footer';
import tools from '@/components/table/table-tools.module.css';
import { ViewMenu } from '@/components/table/view-menu';
import { useViewSettings, type ViewSettings } from '@/components/table/view-settings';
import { useCan } from '@/features/session/session';
import { useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { DeviceFilters } from './device-filters';
import type { TenantDeviceSearch } from './device-search';
import { devicesColumns } from './devices-columns';
import { ExportButton } from './export-button';
import { NoDevices } from './no-devices';
import { NoMatch } from './no-match';
import { RemoveDeviceDialog } from './remove-device-dialog';
import { useDeviceTable } from './use-device-table';

const standardView: ViewSettings = { density: 'comfortable', hidden: [] };

export function DevicesPage({ search }: { search: TenantDeviceSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const table = useDeviceTable(search);
  const mayRemove = useCan('remove_devices');
  const mayEnroll = useCan('manage_enrollment_tokens');
  const several = useTenants().length > 1 && search.tenant === undefined;
  const [settings, changeSettings] = useViewSettings('devices', standardView);
  const [removing, setRemoving] = useState<Device | null>(null);
  const compact = settings.density === 'compact';
  const columns = useMemo(
    () => devicesColumns({ t, compact, several, onRemove: mayRemove ? setRemoving : null }),
    [t, compact, several, mayRemove],
  );
  const { list, devices } = table;
  const empty = list.isSuccess && devices.length === 0 && !table.filtered && !search.cursor;
  const add = mayEnroll && !empty && (
    <Button
      leftSection={<IconPlus size={16} aria-hidden />}
      renderRoot={(props) => (
        <Link to="/settings/enrollment" search={{ create: 'token' }} {...props} />
      )}
    >
      {t('devices.add')}
    </Button>
  );
  if (list.isError && !list.data) {
    return (
      <Page title={t('devices.title')}>
        <ProblemState error={list.error} onRetry={() => void list.refetch()} />
      </Page>
    );
  }
  if (empty) {
    return (
      <Page title={t('devices.title')}>
        <NoDevices tenantId={search.tenant} />
      </Page>
    );
  }
  return (
    <Page fills title={t('devices.title')} actions={add}>
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
      <DataTable
        label={t('devices.title')}
        columns={columns}
        rows={devices}
        rowId={(device) => device.id}
        rowName={(device) => device.hostname}
        loading={list.isPending}
        stale={list.isPlaceholderData}
        hidden={settings.hidden}
        density={settings.density}
        sort={search.sort ?? 'hostname'}
        onSort={table.sort}
        onOpen={(device) =>
          void navigate({ to: '/devices/$deviceId', params: { deviceId: device.id } })
        }
        keyboard
        empty={<NoMatch onClear={table.clear} />}
      />
      <TableFooter pages={table.pages} />
      {removing && <RemoveDeviceDialog device={removing} onClose={() => setRemoving(null)} />}
    </Page>
  );
}
