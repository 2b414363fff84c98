import { IconArrowDown, IconArrowUp, IconSelector } from '@tabler/icons-react';
import { useTranslation } from '@/i18n/use-translation';
import { isDescending, type Sort, sortColumn } from '@/util/query-string';
import type { ColumnMeta } from './data-table';
import classes from './data-table.module.css';

interface HeaderCellProps {
  meta: ColumnMeta | undefined;
  pinned: boolean;
  sort: Sort | undefined;
  onSort: ((sort: Sort) => void) | undefined;
}

export function HeaderCell({ meta, pinned, sort, onSort }: HeaderCellProps) {
  const { t } = useTranslation();
  if (!meta) return <th scope="col" />;
  const key = meta.sortKey;
  if (key === undefined || !onSort) {
    return (
      <th scope="col" data-align={meta.align} data-pinned={pinned || undefined}>
        {meta.title}
        {meta.aside}
      </th>
    );
  }
  const sorted = sort !== undefined && sortColumn(sort) === key;
  const descending = sorted && isDescending(sort);
  const next: Sort = sorted && !descending ? `-${key}` : key;
  const sortedIcon = descending ? IconArrowDown : IconArrowUp;
  const Icon = sorted ? sortedIcon : IconSelector;
  const direction = descending ? 'descending' : 'ascending';
  return (
    <th scope="col" data-align={meta.align} aria-sort={sorted ? direction : undefined}>
      <button
        type="button"
        className={classes.sort}
        data-sorted={sorted}
        aria-description={t(next === key ? 'table.sort_ascending' : 'table.sort_descending', {
          column: meta.title,
        })}
        onClick={() => onSort(next)}
      >
        {meta.title}
        <Icon size={13} stroke={2} className={classes.sortIcon} aria-hidden />
      </button>
    </th>
  );
}
