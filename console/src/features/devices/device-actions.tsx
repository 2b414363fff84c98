import { IconDownload, IconRadar2, IconRefresh } from '@tabler/icons-react';
import type { ActionKind, Allowed, Device } from '@/api/types';
import { GuardedButton, RowButton } from '@/components/guarded-button';
import type { Wish } from '@/features/actions/schedule';
import { useCan } from '@/features/session/session';
import { disabledText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import classes from './device-cells.module.css';

export type AskForAction = (kind: ActionKind, device: Device) => void;

function useReason(): (allowed: Allowed) => string | null {
  const { t } = useTranslation();
  return ({ allowed, reason }) => (allowed ? null : disabledText(t, reason ?? 'forbidden'));
}

export function isRestartPending(device: Device): boolean {
  return device.restart.required === 'yes';
}

interface DeviceActionsProps {
  device: Device;
  onAsk: AskForAction;
}

/** Restart is offered only while the device says that one is pending. */
export function RowActions({ device, onAsk }: DeviceActionsProps) {
  const { t } = useTranslation();
  const reasonOf = useReason();
  const mayScan = useCan('scan_devices');
  const mayInstall = useCan('install_updates');
  const mayRestart = useCan('restart_devices');
  return (
    <div className={classes.actions}>
      {mayScan && (
        <RowButton reason={reasonOf(device.can.scan)} onClick={() => onAsk('scan', device)}>
          {t('updates.scan')}
        </RowButton>
      )}
      {mayInstall && (
        <RowButton
          reason={reasonOf(device.can.install)}
          onClick={() => onAsk('install_updates', device)}
        >
          {t('updates.install')}
        </RowButton>
      )}
      {mayRestart && isRestartPending(device) && (
        <RowButton
          reason={reasonOf(device.can.restart)}
          data-attention={device.can.restart.allowed}
          onClick={() => onAsk('restart', device)}
        >
          {t('updates.restart')}
        </RowButton>
      )}
    </div>
  );
}

interface PageActionsProps {
  device: Device;
  onAsk: (wish: Wish) => void;
}

/** The same actions at the head of a device's page. */
export function PageActions({ device, onAsk }: PageActionsProps) {
  const { t } = useTranslation();
  const reasonOf = useReason();
  const mayScan = useCan('scan_devices');
  const mayInstall = useCan('install_updates');
  const mayRestart = useCan('restart_devices');
  return (
    <>
      {mayScan && (
        <GuardedButton
          variant="default"
          leftSection={<IconRadar2 size={16} aria-hidden />}
          reason={reasonOf(device.can.scan)}
          onClick={() => onAsk({ kind: 'scan' })}
        >
          {t('updates.scan')}
        </GuardedButton>
      )}
      {mayInstall && (
        <>
          <GuardedButton
            leftSection={<IconDownload size={16} aria-hidden />}
            reason={reasonOf(device.can.install)}
            onClick={() => onAsk({ kind: 'install_updates' })}
          >
            {t('updates.install_all')}
          </GuardedButton>
          <GuardedButton
            variant="default"
            reason={reasonOf(device.can.install)}
            onClick={() => onAsk({ kind: 'install_updates', byCategory: true })}
          >
            {t('actions.install_by_category')}
          </GuardedButton>
        </>
      )}
      {mayRestart && isRestartPending(device) && (
        <GuardedButton
          variant="default"
          leftSection={<IconRefresh size={16} aria-hidden />}
          reason={reasonOf(device.can.restart)}
          onClick={() => onAsk({ kind: 'restart' })}
        >
          {t('updates.restart_ellipsis')}
        </GuardedButton>
      )}
    </>
  );
}
