import { Skeleton } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';
import classes from './page-skeleton.module.css';

/** Stands where a page's cards will be, so that nothing jumps when they arrive. */
export function PageSkeleton() {
  const { t } = useTranslation();
  return (
    <div className={classes.skeleton} role="status" aria-busy aria-label={t('common.loading')}>
      <Skeleton height={220} radius="md" />
      <Skeleton height={220} radius="md" />
    </div>
  );
}
