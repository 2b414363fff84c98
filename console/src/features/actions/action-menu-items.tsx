import { IconDownload, IconListCheck, IconRadar2, IconRefresh } from '@tabler/icons-react';
import { GuardedMenuItem } from '@/components/guarded-menu-item';
import { useCan } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import type { Wish } from './schedule';

interface ActionMenuItemsProps {
  /** Why nothing can be asked for now; `null` when it can. */
  reason: string | null;
  onAsk: (wish: Wish) => void;
}

/** The actions in the menu of a group or a tenant. */
export function ActionMenuItems({ reason, onAsk }: ActionMenuItemsProps) {
  const { t } = useTranslation();
  const mayScan = useCan('scan_devices');
  const mayInstall = useCan('install_updates');
  const mayRestart = useCan('restart_devices');
  return (
    <>
      {mayScan && (
        <GuardedMenuItem
          reason={reason}
          icon={<IconRadar2 size={16} stroke={1.7} aria-hidden />}
          onClick={() => onAsk({ kind: 'scan' })}
        >
          {t('updates.scan')}
        </GuardedMenuItem>
      )}
      {mayInstall && (
        <>
          <GuardedMenuItem
            reason={reason}
            icon={<IconDownload size={16} stroke={1.7} aria-hidden />}
            onClick={() => onAsk({ kind: 'install_updates' })}
          >
            {t('actions.install_all')}
          </GuardedMenuItem>
          <GuardedMenuItem
            reason={reason}
            icon={<IconListCheck size={16} stroke={1.7} aria-hidden />}
            onClick={() => onAsk({ kind: 'install_updates', byCategory: true })}
          >
            {t('actions.install_by_category')}
          </GuardedMenuItem>
        </>
      )}
      {mayRestart && (
        <GuardedMenuItem
          reason={reason}
          icon={<IconRefresh size={16} stroke={1.7} aria-hidden />}
          onClick={() => onAsk({ kind: 'restart' })}
        >
          {t('updates.restart_ellipsis')}
        </GuardedMenuItem>
      )}
    </>
  );
}
