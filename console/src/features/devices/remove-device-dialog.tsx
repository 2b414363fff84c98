import type { Device } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { useTranslation } from '@/i18n/use-translation';
import { useRemoveDevice } from './devices';

interface RemoveDeviceDialogProps {
  device: Device;
  onClose: () => void;
  onRemoved?: () => void;
}

export function RemoveDeviceDialog({ device, onClose, onRemoved }: RemoveDeviceDialogProps) {
  const { t } = useTranslation();
  const remove = useRemoveDevice();
  const openTasks =
    device.open_tasks > 0 ? t('devices.remove_open_tasks', { count: device.open_tasks }) : null;
  return (
    <ConfirmDialog
      opened
      title={t('devices.remove_title', { name: device.hostname })}
      body={
        <>
          {t('devices.remove_body')} {openTasks}
        </>
      }
      confirm={t('devices.remove_confirm')}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() =>
        remove.mutate(device.id, {
          onSuccess: () => {
            onClose();
            onRemoved?.();
          },
        })
      }
      onClose={onClose}
    />
  );
}
