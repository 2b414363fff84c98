import { NativeSelect } from '@mantine/core';
import { toApiError } from '@/api/problem';
import type { Device } from '@/api/types';
import { useCan } from '@/features/session/session';
import { useGroupOptions } from '@/features/tenants/tenants';
import { errorText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useChangeDeviceGroup } from './devices';

/** The device's group, for those who may move it a choice. */
export function GroupField({ device }: { device: Device }) {
  const { t } = useTranslation();
  const mayMove = useCan('move_devices');
  const groups = useGroupOptions(device.tenant.id);
  const change = useChangeDeviceGroup(device.id);
  if (!mayMove || groups.length === 0) return device.group?.name ?? t('devices.no_group');
  const error = change.error
    ? `${t('devices.group_failed')} ${errorText(t, toApiError(change.error).code)}`
    : null;
  return (
    <NativeSelect
      aria-label={t('devices.group_label')}
      value={device.group?.id ?? ''}
      data={[{ value: '', label: t('devices.no_group') }, ...groups]}
      disabled={change.isPending}
      error={error}
      onChange={(event) => change.mutate(event.currentTarget.value || null)}
    />
  );
}
