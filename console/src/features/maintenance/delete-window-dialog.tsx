import { useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import type { Group, MaintenanceSettings, MaintenanceWindow } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { groupChain, sameScope } from '@/features/policies/policy-rules';
import { useTranslation } from '@/i18n/use-translation';
import type { Format } from '@/util/format';
import { useFormat } from '@/util/use-format';
import { settingsQuery, useDeleteWindow } from './maintenance';
import { maintenanceActions } from './window-rules';
import { actionsText } from './window-words';

interface DeleteWindowDialogProps {
  window: MaintenanceWindow;
  /** All of the tenant's. */
  windows: readonly MaintenanceWindow[];
  groups: readonly Group[];
  onClose: () => void;
}

/** The windows that decide once this one is gone: of the same scope, else of wider ones. */
export function successors(
  window: MaintenanceWindow,
  windows: readonly MaintenanceWindow[],
  groups: readonly Group[],
) {
  const others = windows.filter(
    ({ id, enabled, definition }) =>
      id !== window.id &&
      enabled &&
      definition.actions.some((action) => window.definition.actions.includes(action)),
  );
  const around = groupChain(groups, window.scope.group_id ?? null);
  const wider = others.filter(({ scope }) => {
    if (sameScope(scope, window.scope) || window.scope.kind === 'tenant') return false;
    if (scope.kind === 'tenant') return true;
    // Which groups a device is in is not said by its windows: any of them may be.
    return (
      scope.kind === 'group' &&
      (window.scope.kind === 'device' || around.includes(scope.group_id ?? ''))
    );
  });
  return { same: others.filter(({ scope }) => sameScope(scope, window.scope)), wider };
}

function settingText(
  t: TFunction,
  format: Format,
  settings: MaintenanceSettings,
  window: MaintenanceWindow,
): string {
  const concerned = maintenanceActions.filter((action) =>
    window.definition.actions.includes(action),
  );
  const parts = (['run', 'hold'] as const).flatMap((choice) => {
    const actions = concerned.filter((action) => settings[action] === choice);
    if (actions.length === 0) return [];
    return t(`maintenance.settings.words.${choice}`, { what: actionsText(t, format, actions) });
  });
  return parts.join('; ');
}

/** Says who loses it, and what decides then. */
export function DeleteWindowDialog(props: DeleteWindowDialogProps) {
  const { window, windows, groups, onClose } = props;
  const { t } = useTranslation();
  const format = useFormat();
  const remove = useDeleteWindow();
  const settings = useQuery(settingsQuery(window.tenant_id));
  const { same, wider } = successors(window, windows, groups);
  const names = (list: readonly MaintenanceWindow[]) =>
    format.list(list.map(({ name }) => t('maintenance.why.name', { name })));
  const then =
    same.length > 0
      ? t('maintenance.delete_siblings', { names: names(same) })
      : wider.length > 0
        ? t('maintenance.delete_wider', { names: names(wider) })
        : settings.data &&
          t('maintenance.delete_setting', {
            setting: settingText(t, format, settings.data, window),
          });
  return (
    <ConfirmDialog
      opened
      title={t('maintenance.delete_title', { name: window.name })}
      body={
        <>
          {t('maintenance.delete_devices', { count: window.devices })} {then}
        </>
      }
      confirm={t('maintenance.delete_confirm')}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(window.id, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
