import { Button } from '@mantine/core';
import { IconFilterOff } from '@tabler/icons-react';
import { EmptyState } from '@/components/empty-state';
import { useTranslation } from '@/i18n/use-translation';

export function NoMatch({ onClear }: { onClear: () => void }) {
  const { t } = useTranslation();
  return (
    <EmptyState icon={IconFilterOff} title={t('table.no_match')} body={t('table.no_match_hint')}>
      <Button variant="default" onClick={onClear}>
        {t('table.clear_filters')}
      </Button>
    </EmptyState>
  );
}
