import { IconRefreshDot } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Update, UpdateDecision } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { Page } from '@/components/page';
import { ProblemState } from '@/components/problem-state';
import { DataTable } from '@/components/table/data-table';
import { FilterSelect } from '@/components/table/filter-select';
import { type QuickFilter, QuickFilters } from '@/components/table/quick-filters';
import { SearchField } from '@/components/table/search-field';
import { TableFooter } from '@/components/table/table-footer';
import tools from '@/components/table/table-tools.module.css';
import { usePages } from '@/components/table/use-pages';
import { ViewMenu } from '@/components/table/view-menu';
import { useViewSettings, type ViewSettings } from '@/components/table/view-settings';
import { NoMatch } from '@/features/devices/no-match';
import { decisionsQuery } from '@/features/policies/policies';
import { useCan } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import { useTitle } from './title';
import { updateColumns } from './update-columns';
import {
  asUpdateSort,
  isNarrowed,
  standardUpdateSort,
  type TenantUpdateSearch,
  type UpdateSearch,
  updateCategories,
  updateListParameters,
  updatePageSize,
  updateSituations,
} from './update-search';
import { updateListQuery } from './updates';
import { UpdatesViews } from './updates-views';

const standardView: ViewSettings = { density: 'comfortable', hidden: [] };
const none: Update[] = [];
const undecided: UpdateDecision[] = [];

type Change = (values: Partial<UpdateSearch>, replace?: boolean) => void;

/** Every update that devices are or were offered, and how far it has got on them. */
export function UpdateListPage({ search }: { search: TenantUpdateSearch }) {
  const { t } = useTranslation();
  const titleOf = useTitle();
  const navigate = useNavigate();
  const list = useQuery(updateListQuery(updateListParameters(search)));
  const [settings, changeSettings] = useViewSettings('update-list', standardView);
  const updates = list.data?.items ?? none;
  const mayDecide = useCan('manage_update_policies');
  const decisions = useQuery(decisionsQuery(search.tenant)).data?.items ?? undecided;
  const columns = useMemo(
    () => updateColumns({ t, updates, decisions, tenantId: search.tenant, mayDecide }),
    [t, updates, decisions, search.tenant, mayDecide],
  );
  const pages = usePages({
    size: updatePageSize,
    cursor: search.cursor,
    next: list.data?.next_cursor,
    count: updates.length,
    total: null,
  });
  const change: Change = (values, replace = false) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, cursor: undefined, ...values }),
      replace,
    });
  };
  const beside = (
    <>
      <UpdatesViews />
      <Situations search={search} onChange={change} />
    </>
  );
  if (list.isError && !list.data) {
    return (
      <Page title={t('updates.title')} beside={<UpdatesViews />}>
        <ProblemState error={list.error} onRetry={() => void list.refetch()} />
      </Page>
    );
  }
  return (
    <Page fills title={t('updates.title')} beside={beside}>
      <div className={tools.toolbar}>
        <UpdateFilters search={search} onChange={change} />
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
      </div>
      <DataTable
        label={t('updates.title')}
        columns={columns}
        rows={updates}
        rowId={(update) => update.id}
        rowName={titleOf}
        loading={list.isPending}
        stale={list.isPlaceholderData}
        hidden={settings.hidden}
        density={settings.density}
        sort={search.sort ?? standardUpdateSort}
        onSort={(sort) => change({ sort: asUpdateSort(sort) })}
        onOpen={({ id }) => void navigate({ to: '/updates/$updateId', params: { updateId: id } })}
        keyboard
        empty={
          isNarrowed(search) ? (
            <NoMatch
              onClear={() =>
                change({ search: undefined, category: undefined, situation: undefined })
              }
            />
          ) : (
            <EmptyState
              icon={IconRefreshDot}
              title={t('updates.list_empty_title')}
              body={t('updates.list_empty_body')}
            />
          )
        }
      />
      <TableFooter pages={pages} />
    </Page>
  );
}

function UpdateFilters({ search, onChange }: { search: TenantUpdateSearch; onChange: Change }) {
  const { t } = useTranslation();
  return (
    <>
      <SearchField
        label={t('filters.search_updates')}
        value={search.search}
        onChange={(text) => onChange({ search: text }, true)}
      />
      <FilterSelect
        label={t('filters.category')}
        any={t('filters.any_category')}
        value={search.category}
        options={updateCategories.map((category) => ({
          value: category,
          label: t(`update_categories.${category}`),
        }))}
        onChange={(category) => onChange({ category })}
      />
    </>
  );
}

function Situations({ search, onChange }: { search: TenantUpdateSearch; onChange: Change }) {
  const { t } = useTranslation();
  const filters: QuickFilter[] = [
    {
      key: 'everything',
      label: t('filters.everything'),
      count: null,
      active: search.situation === undefined,
      onChoose: () => onChange({ situation: undefined }),
    },
    ...updateSituations.map((situation) => ({
      key: situation,
      label: t(`filters.${situation}`),
      count: null,
      active: search.situation === situation,
      onChoose: () => onChange({ situation }),
    })),
  ];
  return <QuickFilters label={t('filters.quick')} filters={filters} />;
}
