import { Button, CopyButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useTranslation } from '@/i18n/use-translation';
import classes from './copy-field.module.css';

interface CopyFieldProps {
  value: string;
  label: string;
  /** How it reads best, where that differs from what is copied. */
  shown?: string;
  onCopy?: () => void;
}

/** One line to take away, with the button that takes it. */
export function CopyField({ value, label, shown, onCopy }: CopyFieldProps) {
  const { t } = useTranslation();
  return (
    <div className={classes.field}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long commands scroll, also by keyboard. */}
      <section className={classes.value} aria-label={label} tabIndex={0}>
        <code>{shown ?? value}</code>
      </section>
      <CopyButton value={value} timeout={2000}>
        {({ copied, copy }) => (
          <Button
            className={classes.button}
            onClick={() => {
              copy();
              onCopy?.();
            }}
            leftSection={copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
          >
            <span aria-live="polite">{copied ? t('common.copied') : t('common.copy')}</span>
          </Button>
        )}
      </CopyButton>
    </div>
  );
}
