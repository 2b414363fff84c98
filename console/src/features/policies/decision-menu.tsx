import { Button } from '@mantine/core';
import { IconBan, IconCircleCheck } from '@tabler/icons-react';
import { useState } from 'react';
import type { UpdateVerdict } from '@/api/types';
import { GuardedMenuItem } from '@/components/guarded-menu-item';
import { RowMenu } from '@/components/row-menu';
import { useCan } from '@/features/session/session';
import { useTitle } from '@/features/updates/title';
import { useTranslation } from '@/i18n/use-translation';
import { type DecidedDevice, type DecidedUpdate, DecisionDialog } from './decision-dialog';

interface DecisionMenuProps {
  update: DecidedUpdate;
  tenantId: string | undefined;
  device?: DecidedDevice;
}

/** The row menu of an update: to approve it or to block it. */
export function DecisionMenu({ update, tenantId, device }: DecisionMenuProps) {
  const { t } = useTranslation();
  const titleOf = useTitle();
  const [verdict, setVerdict] = useState<UpdateVerdict | null>(null);
  return (
    <>
      <RowMenu label={t('common.more_for', { name: titleOf(update) })}>
        <GuardedMenuItem
          reason={null}
          icon={<IconCircleCheck size={16} stroke={1.7} aria-hidden />}
          onClick={() => setVerdict('approve')}
        >
          {t('policies.approve')}
        </GuardedMenuItem>
        <GuardedMenuItem
          danger
          reason={null}
          icon={<IconBan size={16} stroke={1.7} aria-hidden />}
          onClick={() => setVerdict('block')}
        >
          {t('policies.block')}
        </GuardedMenuItem>
      </RowMenu>
      {verdict && (
        <DecisionDialog
          update={update}
          verdict={verdict}
          tenantId={tenantId}
          device={device}
          onClose={() => setVerdict(null)}
        />
      )}
    </>
  );
}

/** The same two, as buttons on the update's own page. */
export function DecisionButtons({ update, tenantId }: Omit<DecisionMenuProps, 'device'>) {
  const { t } = useTranslation();
  const mayChange = useCan('manage_update_policies');
  const [verdict, setVerdict] = useState<UpdateVerdict | null>(null);
  if (!mayChange) return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconCircleCheck size={16} aria-hidden />}
        onClick={() => setVerdict('approve')}
      >
        {t('policies.approve')}
      </Button>
      <Button
        variant="default"
        leftSection={<IconBan size={16} aria-hidden />}
        onClick={() => setVerdict('block')}
      >
        {t('policies.block')}
      </Button>
      {verdict && (
        <DecisionDialog
          update={update}
          verdict={verdict}
          tenantId={tenantId}
          onClose={() => setVerdict(null)}
        />
      )}
    </>
  );
}
