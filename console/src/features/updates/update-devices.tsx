import { IconDeviceDesktopOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import { type ReactNode, useMemo } from 'react';
import type { Tenant, UpdateDevice } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { ProblemState } from '@/components/problem-state';
import { RelativeTime } from '@/components/relative-time';
import { type DataColumn, DataTable } from '@/components/table/data-table';
import { FilterSelect } from '@/components/table/filter-select';
import { Name } from '@/components/table/name';
import { TableFooter } from '@/components/table/table-footer';
import tools from '@/components/table/table-tools.module.css';
import { usePages } from '@/components/table/use-pages';
import { useTenants } from '@/features/tenants/tenants';
import { updateStateText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { StandingCell } from './standing-cell';
import classes from './update-cells.module.css';
import {
  type DeviceState,
  deviceStates,
  statesIn,
  type TenantUpdatePageSearch,
} from './update-search';
import { updateDevicesQuery } from './updates';

const none: UpdateDevice[] = [];
const pageSize = 50;

function stateLabel(t: TFunction, state: DeviceState): string {
  return state === 'lacking' || state === 'waiting'
    ? t(`updates.groups.${state}`)
    : updateStateText(t, state).name;
}

function deviceColumns(
  t: TFunction,
  updateId: string,
  tenants: readonly Tenant[],
  several: boolean,
): DataColumn<UpdateDevice>[] {
  const tenant: DataColumn<UpdateDevice> = {
    id: 'tenant',
    meta: { title: t('columns.tenant'), width: 220 },
    cell: ({ row }) => (
      <Name name={tenants.find(({ id }) => id === row.original.tenant_id)?.name ?? ''} />
    ),
  };
  return [
    {
      id: 'device',
      meta: { title: t('columns.device'), width: 220 },
      cell: ({ row }) => (
        <Link
          to="/devices/$deviceId"
          params={{ deviceId: row.original.device_id }}
          search={{ tab: 'history', update: updateId }}
          className={classes.title}
        >
          {row.original.hostname}
        </Link>
      ),
    },
    ...(several ? [tenant] : []),
    {
      id: 'state',
      meta: { title: t('columns.state'), atLeast: 270 },
      cell: ({ row }) => <StandingCell standing={row.original.standing} />,
    },
    {
      id: 'first_offered',
      meta: { title: t('columns.first_offered'), width: 150 },
      cell: ({ row }) => <RelativeTime at={row.original.first_offered_at} />,
    },
  ];
}

interface UpdateDevicesProps {
  updateId: string;
  search: TenantUpdatePageSearch;
  actions: ReactNode;
}

/** The devices that are or were offered the update; each leads to its history there. */
export function UpdateDevices({ updateId, search, actions }: UpdateDevicesProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const query = {
    tenant_id: search.tenant,
    state: statesIn(search.state),
    limit: pageSize,
    cursor: search.cursor,
  };
  const list = useQuery(updateDevicesQuery(updateId, query));
  const tenants = useTenants();
  const several = tenants.length > 1 && search.tenant === undefined;
  const columns = useMemo(
    () => deviceColumns(t, updateId, tenants, several),
    [t, updateId, tenants, several],
  );
  const devices = list.data?.items ?? none;
  const pages = usePages({
    size: pageSize,
    cursor: search.cursor,
    next: list.data?.next_cursor,
    count: devices.length,
    total: null,
  });
  return (
    <>
      <div className={tools.toolbar}>
        <h2 className={classes.heading}>{t('updates.devices_title')}</h2>
        <FilterSelect
          label={t('filters.state')}
          any={t('filters.any_state')}
          value={search.state}
          options={deviceStates.map((state) => ({ value: state, label: stateLabel(t, state) }))}
          onChange={(state) =>
            void navigate({
              to: '.',
              search: (previous) => ({ ...previous, cursor: undefined, state }),
              resetScroll: false,
            })
          }
        />
        <span className={tools.spacer} />
        {actions}
      </div>
      {list.isError && !list.data ? (
        <ProblemState error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <>
          <DataTable
            label={t('updates.devices_title')}
            columns={columns}
            rows={devices}
            rowId={(device) => device.device_id}
            rowName={(device) => device.hostname}
            loading={list.isPending}
            stale={list.isPlaceholderData}
            onOpen={(device) =>
              void navigate({
                to: '/devices/$deviceId',
                params: { deviceId: device.device_id },
                search: { tab: 'history', update: updateId },
              })
            }
            keyboard
            empty={
              <EmptyState
                icon={IconDeviceDesktopOff}
                title={t('updates.devices_none_title')}
                body={t('updates.devices_none_body')}
              />
            }
          />
          <TableFooter pages={pages} />
        </>
      )}
    </>
  );
}
