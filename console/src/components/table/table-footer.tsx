import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useTranslation } from '@/i18n/use-translation';
import { RowButton } from '../guarded-button';
import classes from './table-tools.module.css';

export interface Pages {
  /** The number of the first row, where it is known. */
  from: number | null;
  count: number;
  total: number | null;
  previous: (() => void) | null;
  next: (() => void) | null;
}

function useRangeText({ from, count, total }: Pages): string {
  const { t } = useTranslation();
  if (count === 0) return '';
  if (from === null) return '';
  const to = from + count - 1;
  return total === null
    ? t('table.range', { from, to })
    : t('table.range_of', { from, to, total: Math.max(total, to) });
}

export function TableFooter({ pages }: { pages: Pages }) {
  const { t } = useTranslation();
  const range = useRangeText(pages);
  const single = pages.previous === null && pages.next === null;
  const ignore = () => undefined;
  return (
    <nav className={classes.footer} aria-label={t('table.pages')}>
      <span className={classes.range} aria-live="polite">
        {range}
      </span>
      {!single && (
        <>
          <RowButton
            reason={pages.previous ? null : t('disabled.first_page')}
            onClick={pages.previous ?? ignore}
          >
            <IconChevronLeft size={15} aria-hidden />
            {t('table.previous_page')}
          </RowButton>
          <RowButton
            reason={pages.next ? null : t('disabled.last_page')}
            onClick={pages.next ?? ignore}
          >
            {t('table.next_page')}
            <IconChevronRight size={15} aria-hidden />
          </RowButton>
        </>
      )}
    </nav>
  );
}
