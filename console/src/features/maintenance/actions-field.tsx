import { Checkbox } from '@mantine/core';
import type { MaintenanceAction } from '@/api/types';
import { useTranslation } from '@/i18n/use-translation';
import classes from './maintenance.module.css';
import { maintenanceActions } from './window-rules';

interface ActionsFieldProps {
  label: string;
  value: readonly MaintenanceAction[];
  error: string | null;
  onChange: (actions: MaintenanceAction[]) => void;
}

export function ActionsField({ label, value, error, onChange }: ActionsFieldProps) {
  const { t } = useTranslation();
  return (
    <Checkbox.Group
      label={label}
      value={[...value]}
      error={error}
      onChange={(chosen) =>
        onChange(maintenanceActions.filter((action) => chosen.includes(action)))
      }
    >
      <div className={classes.actions}>
        {maintenanceActions.map((action) => (
          <Checkbox
            key={action}
            value={action}
            label={t(`maintenance.actions_long.${action}`)}
            description={t(`maintenance.actions_hint.${action}`)}
          />
        ))}
      </div>
    </Checkbox.Group>
  );
}
