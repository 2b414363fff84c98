import { IconCalendarOff } from '@tabler/icons-react';
import type { ActionSummary } from '@/api/types';
import { StateBadge } from '@/components/state-badge';
import { useTranslation } from '@/i18n/use-translation';

interface OutsideWindowsProps {
  action: ActionSummary;
}

/** Marks in a list what a person has forced through; the hint says on how many devices. */
export function OutsideWindows({ action }: OutsideWindowsProps) {
  const { t } = useTranslation();
  const count = action.tasks_breaking_windows;
  if (count === 0) return null;
  return (
    <StateBadge tone="attention" icon={IconCalendarOff} hint={t('actions.breaks.mark', { count })}>
      {t('maintenance.breaks')}
    </StateBadge>
  );
}

/** The same on the action's page, where there is room for the number. */
export function OutsideWindowsCount({ action }: OutsideWindowsProps) {
  const { t } = useTranslation();
  const count = action.tasks_breaking_windows;
  if (count === 0) return null;
  return (
    <StateBadge tone="attention" icon={IconCalendarOff} filled hint={t('maintenance.breaks_hint')}>
      {t('actions.breaks.mark', { count })}
    </StateBadge>
  );
}
