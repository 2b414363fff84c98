import { IconCalendarOff } from '@tabler/icons-react';
import type { ActionSummary } from '@/api/types';
import { StateBadge } from '@/components/state-badge';
import { useTranslation } from '@/i18n/use-translation';

interface OutsideWindowsProps {
  action: ActionSummary;
  filled?: boolean;
}

/** Marks what a person has forced through, and on how many devices. */
export function OutsideWindows({ action, filled }: OutsideWindowsProps) {
  const { t } = useTranslation();
  const count = action.tasks_breaking_windows;
  if (count === 0) return null;
  return (
    <StateBadge
      tone="attention"
      icon={IconCalendarOff}
      filled={filled}
      hint={t('maintenance.breaks_hint')}
    >
      {action.tasks_total === 1 ? t('maintenance.breaks') : t('actions.breaks.mark', { count })}
    </StateBadge>
  );
}
