import { IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Update, UpdateDevice } from '@/api/types';
import { GuardedButton } from '@/components/guarded-button';
import { ProblemNote } from '@/components/problem-note';
import { ActionDialog } from '@/features/actions/action-dialog';
import type { ActionIntent } from '@/features/actions/schedule';
import { useCan } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import { useTitle } from './title';
import { fetchLackingDevices } from './updates';

/** Where a task is already to install it, a second one would only find nothing to do. */
export function installationIntent(title: string, lacking: readonly UpdateDevice[]): ActionIntent {
  const free = lacking.filter(({ standing }) => standing.state !== 'approved');
  const busy = lacking.length - free.length;
  return {
    kind: 'install_updates',
    target: {
      type: 'sorted',
      devices: free.map(({ device_id, hostname }) => ({ id: device_id, hostname })),
      skipped: busy > 0 ? { count: busy, reason: 'already_approved' } : null,
    },
    updateKeys: [...new Set(free.map(({ key }) => key))],
    updateTitle: title,
  };
}

interface InstallLackingProps {
  update: Update;
  /** Only on devices of this tenant. */
  tenantId: string | undefined;
}

export function InstallLacking({ update, tenantId }: InstallLackingProps) {
  const { t } = useTranslation();
  const titleOf = useTitle();
  const mayInstall = useCan('install_updates');
  const [intent, setIntent] = useState<ActionIntent | null>(null);
  const find = useMutation({
    mutationFn: () => fetchLackingDevices(update.id, tenantId),
    onSuccess: (devices) => setIntent(installationIntent(titleOf(update), devices)),
  });
  if (!mayInstall) return null;
  return (
    <>
      {find.isError && <ProblemNote error={find.error} title={t('actions.failed')} />}
      <GuardedButton
        leftSection={<IconDownload size={16} aria-hidden />}
        reason={update.devices.lacking === 0 ? t('disabled.nowhere_lacking') : null}
        loading={find.isPending}
        onClick={() => find.mutate()}
      >
        {t('updates.install_lacking')}
      </GuardedButton>
      <ActionDialog intent={intent} onClose={() => setIntent(null)} />
    </>
  );
}
