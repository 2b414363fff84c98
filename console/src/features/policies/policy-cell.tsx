import type { DeviceUpdate, DeviceUpdatePolicy } from '@/api/types';
import { StateBadge } from '@/components/state-badge';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import classes from './policies.module.css';
import { answerHint, answerWords, scopeName, whoseRule } from './policy-words';

interface PolicyCellProps {
  update: DeviceUpdate;
  /** What holds for the device; unknown until it is loaded. */
  rules: DeviceUpdatePolicy | undefined;
  tenant: string;
  /** The ring that the update has reached, where that is known. */
  ring: string | null;
}

/** What policies say of an update; the hint names whose rule it is, and the deadline. */
export function PolicyCell({ update, rules, tenant, ring }: PolicyCellProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const scope = rules ? whoseRule(rules, update) : null;
  const { text, tone } = answerWords(t, format, update.policy, scope && scopeName(t, scope), ring);
  const hint = answerHint(t, format, update.policy, scope, tenant);
  return (
    <span className={classes.answer}>
      <StateBadge tone={tone} hint={hint}>
        {text}
      </StateBadge>
    </span>
  );
}
