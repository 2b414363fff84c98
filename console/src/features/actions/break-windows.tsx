import { Alert, Checkbox } from '@mantine/core';
import { IconCalendarOff } from '@tabler/icons-react';
import type { ActionOutlook } from '@/api/types';
import { useTranslation } from '@/i18n/use-translation';
import classes from './break-windows.module.css';

interface BreakWindowsProps {
  broken: ActionOutlook['broken'];
  /** On how many devices no window is open. */
  closed: number;
  confirmed: boolean;
  missing: boolean;
  onChange: (confirmed: boolean) => void;
}

/** Names what would be broken, on how many devices, and asks for it. */
export function BreakWindows({ broken, closed, confirmed, missing, onChange }: BreakWindowsProps) {
  const { t } = useTranslation();
  return (
    <Alert
      color="amber"
      title={t('actions.breaks.title')}
      icon={<IconCalendarOff size={18} aria-hidden />}
    >
      {broken.length === 0 && closed > 0 && t('actions.breaks.some', { count: closed })}
      {broken.length > 0 && (
        <ul className={classes.broken}>
          {broken.map(({ kind, id, name, devices }) => (
            <li key={id}>{t(`actions.breaks.${kind}`, { name, count: devices })}</li>
          ))}
        </ul>
      )}
      <Checkbox
        mt={10}
        label={t('actions.breaks.confirm')}
        checked={confirmed}
        error={missing ? t('actions.breaks.missing') : null}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    </Alert>
  );
}
