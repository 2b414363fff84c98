import { IconX } from '@tabler/icons-react';
import { useTranslation } from '@/i18n/use-translation';
import classes from './table-tools.module.css';

/** A filter that came from elsewhere, with the way to drop it. */
export function FilterChip({ label, onRemove }: { label: string; onRemove: () => void }) {
  const { t } = useTranslation();
  return (
    <span className={classes.chip}>
      {label}
      <button
        type="button"
        className={classes.chipRemove}
        aria-label={t('filters.remove', { name: label })}
        onClick={onRemove}
      >
        <IconX size={14} aria-hidden />
      </button>
    </span>
  );
}
