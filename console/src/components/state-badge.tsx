import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleX,
  IconClock,
  IconHelpCircle,
  IconLoader2,
  IconMinus,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './state-badge.module.css';

export type Tone = 'ok' | 'waiting' | 'working' | 'attention' | 'failed' | 'unknown' | 'neutral';

const icons = {
  ok: IconCircleCheck,
  waiting: IconClock,
  working: IconLoader2,
  attention: IconAlertTriangle,
  failed: IconCircleX,
  unknown: IconHelpCircle,
  neutral: IconMinus,
} satisfies Record<Tone, typeof IconClock>;

interface StateBadgeProps {
  tone: Tone;
  children: ReactNode;
  /** A filled badge stands out; a plain one sits quietly in a table. */
  filled?: boolean;
  hint?: string;
  icon?: typeof IconClock;
}

/** A state is never told by colour alone: an icon and a word carry it too. */
export function StateBadge({ tone, children, filled, hint, icon }: StateBadgeProps) {
  const Icon = icon ?? icons[tone];
  return (
    <span className={classes.badge} data-tone={tone} data-filled={filled} data-hint={hint}>
      <Icon className={classes.icon} size={15} stroke={2} aria-hidden />
      <span>{children}</span>
    </span>
  );
}
