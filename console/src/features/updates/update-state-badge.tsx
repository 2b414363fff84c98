import {
  IconClock,
  IconCloudDown,
  IconDownload,
  IconHelpCircle,
  IconRefresh,
  IconReplace,
} from '@tabler/icons-react';
import type { UpdateState } from '@/api/types';
import { StateBadge, type Tone } from '@/components/state-badge';
import { updateStateText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';

interface Look {
  tone: Tone;
  icon?: typeof IconClock;
}

const looks: Record<UpdateState, Look> = {
  offered: { tone: 'neutral', icon: IconCloudDown },
  approved: { tone: 'waiting', icon: IconClock },
  downloaded: { tone: 'waiting', icon: IconDownload },
  unconfirmed: { tone: 'attention', icon: IconHelpCircle },
  restart_pending: { tone: 'attention', icon: IconRefresh },
  installed: { tone: 'ok' },
  failed: { tone: 'failed' },
  superseded: { tone: 'neutral', icon: IconReplace },
};

/** A state that a newer server may send is unknown, not a mistake. */
export function toneOf(state: string): Tone {
  return lookOf(state).tone;
}

function lookOf(state: string): Look {
  return Object.entries(looks).find(([known]) => known === state)?.[1] ?? { tone: 'unknown' };
}

interface UpdateStateBadgeProps {
  state: string;
  /** Instead of the state's own name, for several states that are counted together. */
  name?: string;
}

export function UpdateStateBadge({ state, name }: UpdateStateBadgeProps) {
  const { t } = useTranslation();
  const text = updateStateText(t, state);
  const { tone, icon } = lookOf(state);
  return (
    <StateBadge tone={tone} icon={icon} hint={name === undefined ? text.meaning : undefined}>
      {name ?? text.name}
    </StateBadge>
  );
}
