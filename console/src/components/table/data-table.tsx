import {
  type ColumnDef,
  columnVisibilityFeature,
  type RowData,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { type ReactNode, useMemo, useRef } from 'react';
import { useTranslation } from '@/i18n/use-translation';
import type { Sort } from '@/util/query-string';
import classes from './data-table.module.css';
import { HeaderCell } from './header-cell';
import { type RowKeys, useRowKeys } from './use-row-keys';
import type { Density } from './view-settings';

export interface ColumnMeta {
  /** The text of the header, the column chooser and the CSV export. */
  title: string;
  /** What the header has beside its text, such as a scale. */
  aside?: ReactNode;
  width?: number;
  /** The least width of a column that takes what the others leave. */
  atLeast?: number;
  align?: 'end';
  sortKey?: string;
  /** A column that cannot be hidden. */
  fixed?: boolean;
}

export const dataTableFeatures = tableFeatures({
  columnVisibilityFeature,
  columnMeta: {} as ColumnMeta,
});

export type DataColumn<Row extends RowData> = ColumnDef<typeof dataTableFeatures, Row> & {
  id: string;
  meta: ColumnMeta;
};

export interface RowSelection<Row> {
  isSelected: (row: Row) => boolean;
  toggle: (row: Row) => void;
  all: boolean;
  some: boolean;
  toggleAll: () => void;
  pageLabel?: string;
}

export interface DataTableProps<Row extends RowData> {
  label: string;
  columns: readonly DataColumn<Row>[];
  rows: readonly Row[];
  rowId: (row: Row) => string;
  rowName: (row: Row) => string;
  loading: boolean;
  /** The rows shown belong to the request before; they stay, dimmed, until the new ones are here. */
  stale?: boolean;
  hidden?: readonly string[];
  density?: Density;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  selection?: RowSelection<Row>;
  onOpen?: (row: Row) => void;
  /** j, k, x and Enter; only one table of a page may listen. */
  keyboard?: boolean;
  empty?: ReactNode;
  bare?: boolean;
}

/** The least that a column without a width of its own is given. */
const flexibleWidth = 150;

/** What can be done with a row stays in view where the table is wider than the window. */
const pinned = 'actions';

const skeletonRows = Array.from({ length: 12 }, (_, index) => index);

export function DataTable<Row extends RowData>(props: DataTableProps<Row>) {
  const { columns, rows, rowId, hidden, density = 'comfortable' } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const columnVisibility = useMemo(
    () => Object.fromEntries((hidden ?? []).map((id) => [id, false])),
    [hidden],
  );
  const table = useTable({
    features: dataTableFeatures,
    columns,
    data: rows,
    getRowId: rowId,
    state: { columnVisibility },
  });
  const rowKeys: RowKeys<Row> = { rows, onOpen: props.onOpen, onSelect: props.selection?.toggle };
  useRowKeys(body, rowKeys, props.keyboard === true);
  const headers = table.getHeaderGroups()[0]?.headers ?? [];
  const width = headers.length + (props.selection ? 1 : 0);
  const empty = !props.loading && rows.length === 0;
  const minWidth = headers.reduce(
    (sum, { column: { columnDef } }) =>
      sum + (columnDef.meta?.width ?? columnDef.meta?.atLeast ?? flexibleWidth),
    0,
  );

  return (
    <div className={classes.frame} data-bare={props.bare} data-density={density}>
      <table
        className={classes.table}
        style={{ minWidth }}
        aria-label={props.label}
        aria-busy={props.loading || props.stale}
        data-stale={props.stale}
      >
        <colgroup>
          {props.selection && <col className={classes.selectColumn} />}
          {headers.map(({ column }) => (
            <col key={column.id} style={{ width: column.columnDef.meta?.width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {props.selection && <SelectPageCell selection={props.selection} empty={empty} />}
            {headers.map(({ column }) => (
              <HeaderCell
                key={column.id}
                meta={column.columnDef.meta}
                pinned={column.id === pinned}
                sort={props.sort}
                onSort={props.onSort}
              />
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {props.loading && <SkeletonRows width={width} />}
          {empty && (
            <tr className={classes.emptyRow}>
              <td colSpan={width}>{props.empty}</td>
            </tr>
          )}
          {!props.loading &&
            table.getRowModel().rows.map((row) => (
              <tr
                key={row.id}
                className={classes.row}
                tabIndex={-1}
                data-selected={props.selection?.isSelected(row.original)}
              >
                {props.selection && (
                  <SelectRowCell
                    row={row.original}
                    name={props.rowName(row.original)}
                    selection={props.selection}
                  />
                )}
                {row.getVisibleCells().map((cell) => (
                  <td
                    key={cell.id}
                    data-align={cell.column.columnDef.meta?.align}
                    data-pinned={cell.column.id === pinned || undefined}
                  >
                    <table.FlexRender cell={cell} />
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

function SelectPageCell<Row>({
  selection,
  empty,
}: {
  selection: RowSelection<Row>;
  empty: boolean;
}) {
  const { t } = useTranslation();
  return (
    <th scope="col" className={classes.selectCell}>
      <input
        type="checkbox"
        className={classes.checkbox}
        aria-label={selection.pageLabel ?? t('table.select_page')}
        checked={selection.all}
        disabled={empty}
        ref={(input) => {
          if (input) input.indeterminate = selection.some && !selection.all;
        }}
        onChange={selection.toggleAll}
      />
    </th>
  );
}

function SelectRowCell<Row>(props: { row: Row; name: string; selection: RowSelection<Row> }) {
  const { t } = useTranslation();
  return (
    <td className={classes.selectCell}>
      <input
        type="checkbox"
        className={classes.checkbox}
        aria-label={t('table.select_row', { name: props.name })}
        checked={props.selection.isSelected(props.row)}
        onChange={() => props.selection.toggle(props.row)}
      />
    </td>
  );
}

function SkeletonRows({ width }: { width: number }) {
  const cells = Array.from({ length: width }, (_, index) => index);
  return skeletonRows.map((row) => (
    <tr key={row}>
      {cells.map((cell) => (
        <td key={cell}>
          <span className={classes.bone} />
        </td>
      ))}
    </tr>
  ));
}
