import { Skeleton } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';

/** Stands where a piece of a page will be, as high as that will be about, and says that it loads. */
export function LoadingBlock({ height, mt }: { height: number; mt?: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-busy aria-label={t('common.loading')}>
      <Skeleton height={height} mt={mt} />
    </div>
  );
}
