import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Alert } from '@/api/types';
import { Card } from '@/components/page';
import { useCan } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import { AcknowledgeDialog } from './acknowledge-dialog';
import { AlertSeverity, AlertStanding, AlertStory } from './alert-cells';
import { alertName } from './alert-columns';
import { deviceAlertsQuery } from './alerts';
import classes from './alerts.module.css';

/** What people must know of a device; nothing where there is nothing. */
export function DeviceAlerts({ deviceId }: { deviceId: string }) {
  const { t } = useTranslation();
  const mayAcknowledge = useCan('acknowledge_alerts');
  const { data } = useQuery(deviceAlertsQuery(deviceId));
  const [asked, setAsked] = useState<Alert | null>(null);
  const alerts = data?.items ?? [];
  if (alerts.length === 0) return null;
  return (
    <Card
      title={t('alerts.title')}
      actions={
        <Link to="/alerts" search={{ view: 'all', device: deviceId }}>
          {t('alerts.all_of_device')}
        </Link>
      }
      flush
    >
      <ul className={classes.list} aria-label={t('alerts.title')}>
        {alerts.map((alert) => (
          <li key={alert.id}>
            <AlertSeverity alert={alert} />
            <AlertStory alert={alert} />
            <AlertStanding alert={alert} />
            {mayAcknowledge && alert.state === 'open' && (
              <Button
                size="compact-sm"
                variant="default"
                aria-label={t('alerts.acknowledge_named', { name: alertName(t, alert) })}
                onClick={() => setAsked(alert)}
              >
                {t('alerts.acknowledge')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {asked && <AcknowledgeDialog alerts={[asked]} onClose={() => setAsked(null)} />}
    </Card>
  );
}
