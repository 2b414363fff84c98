import { IconBellCheck, IconCheck, IconHistory, IconUserCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Alert } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Page } from '@/components/page';
import { ProblemState } from '@/components/problem-state';
import { DataTable } from '@/components/table/data-table';
import { FilterChip } from '@/components/table/filter-chip';
import { FilterSelect } from '@/components/table/filter-select';
import { type QuickFilter, QuickFilters } from '@/components/table/quick-filters';
import { TableFooter } from '@/components/table/table-footer';
import tools from '@/components/table/table-tools.module.css';
import { usePages } from '@/components/table/use-pages';
import { deviceDetailQuery } from '@/features/devices/devices';
import { NoMatch } from '@/features/devices/no-match';
import { useCan } from '@/features/session/session';
import { useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { decodeSelection, encodeSelection } from '@/util/query-string';
import { AcknowledgeDialog } from './acknowledge-dialog';
import { AlertBulkBar } from './alert-bulk-bar';
import { alertColumns, alertName } from './alert-columns';
import {
  type AlertSearch,
  type AlertView,
  alertKinds,
  alertListParameters,
  alertPageSize,
  alertViews,
  isNarrowed,
  type TenantAlertSearch,
} from './alert-search';
import { alertRowSelection, selectedAlerts } from './alert-selection';
import { alertCountsQuery, alertListQuery } from './alerts';

export function AlertsPage({ search }: { search: TenantAlertSearch }) {
  const { t } = useTranslation();
  if (useCan('read_devices')) return <Alerts search={search} />;
  return <ForbiddenPage title={t('alerts.title')} />;
}

type Change = (values: Partial<AlertSearch>) => void;

const none: Alert[] = [];

function Alerts({ search }: { search: TenantAlertSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const list = useQuery(alertListQuery(alertListParameters(search)));
  const several = useTenants().length > 1 && search.tenant === undefined;
  const onlyOpen = search.view === undefined;
  const mayAcknowledge = useCan('acknowledge_alerts');
  const [asked, setAsked] = useState<readonly Alert[] | null>(null);
  const columns = useMemo(
    () =>
      alertColumns({
        t,
        several,
        onlyOpen,
        onAcknowledge: mayAcknowledge ? (alert) => setAsked([alert]) : null,
      }),
    [t, several, onlyOpen, mayAcknowledge],
  );
  const alerts = list.data?.items ?? none;
  const pages = usePages({
    size: alertPageSize,
    cursor: search.cursor,
    next: list.data?.next_cursor,
    count: alerts.length,
    total: null,
  });
  const change: Change = (values) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, cursor: undefined, selected: undefined, ...values }),
    });
  };
  const select = (ids: ReadonlySet<string>) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, selected: encodeSelection({ type: 'chosen', ids }) }),
      state: (previous) => previous,
      replace: true,
    });
  };
  const chosen = decodeSelection(search.selected);
  const ids = chosen.type === 'chosen' ? chosen.ids : new Set<string>();
  const selectable = mayAcknowledge && (search.view ?? 'acknowledged') === 'acknowledged';
  const selected = selectable ? selectedAlerts(alerts, ids) : [];
  if (list.isError && !list.data) {
    return (
      <Page title={t('alerts.title')}>
        <ProblemState error={list.error} onRetry={() => void list.refetch()} />
      </Page>
    );
  }
  return (
    <Page fills title={t('alerts.title')} beside={<Views search={search} onChange={change} />}>
      {selected.length > 0 ? (
        <AlertBulkBar
          count={selected.length}
          onAcknowledge={() => setAsked(selected)}
          onClear={() => select(new Set())}
        />
      ) : (
        <Filters search={search} onChange={change} />
      )}
      <DataTable
        label={t('alerts.title')}
        columns={columns}
        rows={alerts}
        rowId={(alert) => alert.id}
        rowName={(alert) => alertName(t, alert)}
        loading={list.isPending}
        stale={list.isPlaceholderData}
        selection={selectable ? alertRowSelection(alerts, ids, select) : undefined}
        onOpen={({ device }) => {
          if (device) void navigate({ to: '/devices/$deviceId', params: { deviceId: device.id } });
        }}
        keyboard
        empty={<NoAlerts search={search} onChange={change} />}
      />
      <TableFooter pages={pages} />
      {asked && (
        <AcknowledgeDialog
          alerts={asked}
          onClose={() => setAsked(null)}
          onDone={() => select(new Set())}
        />
      )}
    </Page>
  );
}

interface PartProps {
  search: TenantAlertSearch;
  onChange: Change;
}

function Filters({ search, onChange }: PartProps) {
  const { t } = useTranslation();
  return (
    <div className={tools.toolbar}>
      <FilterSelect
        label={t('filters.kind')}
        any={t('filters.any_kind')}
        value={search.kind}
        options={alertKinds.map((kind) => ({ value: kind, label: t(`alerts.kinds.${kind}`) }))}
        onChange={(kind) => onChange({ kind })}
      />
      {search.device && (
        <DeviceChip id={search.device} onRemove={() => onChange({ device: undefined })} />
      )}
    </div>
  );
}

function DeviceChip({ id, onRemove }: { id: string; onRemove: () => void }) {
  const { t } = useTranslation();
  const { data } = useQuery(deviceDetailQuery(id));
  return (
    <FilterChip label={t('filters.device', { name: data?.hostname ?? id })} onRemove={onRemove} />
  );
}

function Views({ search, onChange }: PartProps) {
  const { t } = useTranslation();
  const { data: counts } = useQuery(alertCountsQuery(search.tenant));
  const filter = (view: AlertView | undefined, count: number | null): QuickFilter => ({
    key: view ?? 'open',
    label: t(`alerts.views.${view ?? 'open'}`),
    count,
    active: search.view === view,
    onChoose: () => onChange({ view }),
  });
  const numbers = { acknowledged: counts?.acknowledged ?? null, closed: null, all: null };
  const filters = [
    filter(undefined, counts?.open ?? null),
    ...alertViews.map((view) => filter(view, numbers[view])),
  ];
  return <QuickFilters label={t('filters.quick')} filters={filters} />;
}

const emptyIcons = {
  open: IconBellCheck,
  acknowledged: IconUserCheck,
  closed: IconCheck,
  all: IconHistory,
} as const;

function NoAlerts({ search, onChange }: PartProps) {
  const { t } = useTranslation();
  if (isNarrowed(search)) {
    return <NoMatch onClear={() => onChange({ kind: undefined, device: undefined })} />;
  }
  const view = search.view ?? 'open';
  return (
    <EmptyState
      icon={emptyIcons[view]}
      title={t(`alerts.empty.${view}.title`)}
      body={t(`alerts.empty.${view}.body`)}
    />
  );
}
