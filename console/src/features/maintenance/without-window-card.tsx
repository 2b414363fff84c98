import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { MaintenanceSettings } from '@/api/types';
import { LoadingBlock } from '@/components/loading-block';
import { Card } from '@/components/page';
import { ProblemNote } from '@/components/problem-note';
import { useCan } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import { settingsQuery, useChangeSettings } from './maintenance';
import classes from './maintenance.module.css';
import { maintenanceActions } from './window-rules';

/** What happens where no window counts; it is kept as soon as it is chosen. */
export function WithoutWindowCard({ tenantId }: { tenantId: string }) {
  const { t } = useTranslation();
  const query = useQuery(settingsQuery(tenantId));
  return (
    <Card title={t('maintenance.settings.title')}>
      <p className={classes.settingsNote}>{t('maintenance.settings.intro')}</p>
      {query.isPending && <LoadingBlock height={56} />}
      {query.isError && !query.data && <ProblemNote error={query.error} />}
      {query.data && <Settings tenantId={tenantId} settings={query.data} />}
    </Card>
  );
}

interface SettingsProps {
  tenantId: string;
  settings: MaintenanceSettings;
}

function Settings({ tenantId, settings }: SettingsProps) {
  const { t } = useTranslation();
  const mayChange = useCan('manage_maintenance_windows');
  const change = useChangeSettings(tenantId);
  const shown = change.isPending ? change.variables : settings;
  if (!mayChange) {
    return (
      <ul className={classes.values}>
        {maintenanceActions.map((action) => (
          <li key={action}>
            {t(`maintenance.settings.words.${settings[action]}`, {
              what: t(`maintenance.actions_long.${action}`),
            })}
          </li>
        ))}
      </ul>
    );
  }
  return (
    <>
      <div className={classes.settings}>
        {maintenanceActions.map((action) => (
          <NativeSelect
            key={action}
            label={t(`maintenance.actions_long.${action}`)}
            value={shown[action]}
            data={(['hold', 'run'] as const).map((choice) => ({
              value: choice,
              label: t(`maintenance.settings.${choice}`),
            }))}
            onChange={(event) =>
              change.mutate({
                ...settings,
                [action]: event.currentTarget.value === 'run' ? 'run' : 'hold',
              })
            }
          />
        ))}
      </div>
      <div aria-live="polite">
        {change.isError && <ProblemNote error={change.error} />}
        {change.isSuccess && <p className={classes.hint}>{t('maintenance.settings.saved')}</p>}
      </div>
    </>
  );
}
