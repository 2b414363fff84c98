import { Button } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import classes from '@/features/updates/bulk-bar.module.css';
import { useTranslation } from '@/i18n/use-translation';

interface AlertBulkBarProps {
  count: number;
  onAcknowledge: () => void;
  onClear: () => void;
}

export function AlertBulkBar({ count, onAcknowledge, onClear }: AlertBulkBarProps) {
  const { t } = useTranslation();
  return (
    <section className={classes.bar} aria-label={t('alerts.selection')}>
      <strong>{t('alerts.selected', { count })}</strong>
      <Button variant="default" onClick={onAcknowledge}>
        {t('alerts.acknowledge_ellipsis')}
      </Button>
      <Button
        className={classes.clear}
        variant="subtle"
        color="gray"
        c="inherit"
        leftSection={<IconX size={15} aria-hidden />}
        onClick={onClear}
      >
        {t('updates.clear_selection')}
      </Button>
    </section>
  );
}
