import { IconRefresh } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Device } from '@/api/types';
import { Card, Fact, Facts } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StateBadge } from '@/components/state-badge';
import { DeviceAlerts } from '@/features/alerts/device-alerts';
import { MaintenanceCell } from '@/features/maintenance/maintenance-cell';
import { WhyNotNow } from '@/features/maintenance/why-not-now';
import { DevicePolicyCard } from '@/features/policies/device-policy-card';
import { hresultText, isHresult, reasonText, signalText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { Connection } from './device-cells';
import classes from './device-page.module.css';
import { GroupField } from './group-field';
import { LastStart } from './last-start';
import { RestartCountDown } from './restart-count-down';

export function DeviceSummary({ device }: { device: Device }) {
  return (
    <div className={classes.summary}>
      <div className={classes.whole}>
        <DeviceAlerts deviceId={device.id} />
      </div>
      <div className={classes.beside}>
        <UpdatesCard device={device} />
        <RestartCard device={device} />
        <div className={classes.whole}>
          <WhyNotNow deviceId={device.id} />
        </div>
      </div>
      <FactsCard device={device} />
      <div className={classes.whole}>
        <DevicePolicyCard device={device} />
      </div>
    </div>
  );
}

function UpdatesCard({ device }: { device: Device }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { total, security, definitions } = device.pending_updates;
  const { scan } = device;
  const known = typeof total === 'number';
  return (
    <Card title={t('updates.pending_title')}>
      {scan.state === 'failed' && <ScanFailure device={device} />}
      <div className={classes.figure}>
        {known ? (
          <>
            <strong>{format.number(total)}</strong>
            {total === 0 && scan.state === 'succeeded' && (
              <StateBadge tone="ok">{t('updates.up_to_date')}</StateBadge>
            )}
            {typeof security === 'number' && security > 0 && (
              <span>{t('updates.security_count', { count: security })}</span>
            )}
            {Boolean(definitions) && (
              <span className={classes.dim}>
                {t('updates.definition_count', { count: definitions ?? 0 })}
              </span>
            )}
            {(total > 0 || Boolean(definitions)) && (
              <Link to="." search={(previous) => ({ ...previous, tab: 'updates' })}>
                {t('updates.show')}
              </Link>
            )}
          </>
        ) : (
          <StateBadge tone="unknown" hint={t('updates.unknown_hint')}>
            {t('common.unknown')}
          </StateBadge>
        )}
      </div>
      <Facts>
        <Fact name={t('columns.last_scan')}>
          {scan.scanned_at ? (
            <RelativeTime at={scan.scanned_at} deviceZone={device.time_zone} />
          ) : (
            t('common.never')
          )}
        </Fact>
        <Fact name={t('columns.maintenance_window')}>
          <MaintenanceCell device={device} />
        </Fact>
      </Facts>
    </Card>
  );
}

function ScanFailure({ device }: { device: Device }) {
  const { t } = useTranslation();
  const { attempted_at, error_code, error_detail } = device.scan;
  const code = error_code ?? 'scan_failed';
  const { title, remedy, name } =
    error_detail && isHresult(error_detail) ? hresultText(t, error_detail) : reasonText(t, code);
  return (
    <div className={classes.failure}>
      <StateBadge tone="failed">{title}</StateBadge>
      <p>{remedy}</p>
      <p className={classes.dim}>
        {attempted_at && <RelativeTime at={attempted_at} deviceZone={device.time_zone} />}
        {' · '}
        <code>{[code, error_detail, name].filter(Boolean).join(' · ')}</code>
      </p>
    </div>
  );
}

const restartTitles = {
  yes: { tone: 'attention', text: 'restart.required' },
  no: { tone: 'ok', text: 'restart.not_required' },
  unknown: { tone: 'unknown', text: 'restart.unknown' },
} as const;

function RestartCard({ device }: { device: Device }) {
  const { t } = useTranslation();
  const { required, signals } = device.restart;
  const { tone, text } = restartTitles[required];
  return (
    <Card title={t('restart.title')}>
      <StateBadge tone={tone} icon={required === 'yes' ? IconRefresh : undefined}>
        {t(text)}
      </StateBadge>
      <RestartCountDown device={device} />
      {signals.length === 0 && required !== 'unknown' && (
        <p className={classes.footnote}>{t('restart.no_signals')}</p>
      )}
      {signals.length > 0 && (
        <ul className={classes.signals} aria-label={t('restart.signals')}>
          {signals.map((signal) => (
            <li key={signal.name} data-strength={signal.strength}>
              {signalText(t, signal.name)}
              <div className={classes.dim}>
                {[t(`restart.${signal.strength}`), signal.name, signal.detail]
                  .filter(Boolean)
                  .join(' · ')}
              </div>
            </li>
          ))}
        </ul>
      )}
      {signals.some(({ strength }) => strength === 'weak') && (
        <p className={classes.footnote}>{t('restart.weak_note')}</p>
      )}
    </Card>
  );
}

function FactsCard({ device }: { device: Device }) {
  const { t } = useTranslation();
  const zone = device.time_zone ?? null;
  return (
    <Card title={t('devices.facts')}>
      <Facts>
        <Fact name={t('columns.connection')}>
          <Connection device={device} />
        </Fact>
        <Fact name={t('columns.last_seen')}>
          {device.last_seen_at ? (
            <RelativeTime at={device.last_seen_at} deviceZone={zone} />
          ) : (
            t('common.never')
          )}
        </Fact>
        <Fact name={t('columns.tenant')}>{device.tenant.name}</Fact>
        <Fact name={t('columns.group')}>
          <GroupField device={device} />
        </Fact>
        <Fact name={t('devices.system')}>{device.os.name}</Fact>
        <Fact name={t('devices.system_version')}>{device.os.version}</Fact>
        <Fact name={t('devices.architecture')}>{device.os.architecture}</Fact>
        <Fact name={t('columns.agent_version')}>{device.agent_version}</Fact>
        <Fact name={t('devices.booted')}>
          <LastStart device={device} />
        </Fact>
        <Fact name={t('devices.time_zone')}>{zone ?? t('common.unknown')}</Fact>
        <Fact name={t('columns.enrolled')}>
          <RelativeTime at={device.enrolled_at} deviceZone={zone} />
        </Fact>
        <Fact name={t('devices.identifier')}>
          <code>{device.id}</code>
        </Fact>
      </Facts>
    </Card>
  );
}
