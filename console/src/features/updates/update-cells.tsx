import type { IconRefresh } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Update, UpdateDecision } from '@/api/types';
import { StateBadge, type Tone } from '@/components/state-badge';
import { DecisionMark } from '@/features/policies/decision-list';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { useTitle } from './title';
import classes from './update-cells.module.css';

const categoryTones: Partial<Record<Update['category'], Tone>> = {
  critical: 'failed',
  security: 'attention',
};

export function Category({ category }: Pick<Update, 'category'>) {
  const { t } = useTranslation();
  const text = t(`update_categories.${category}`);
  const tone = categoryTones[category];
  return tone ? <StateBadge tone={tone}>{text}</StateBadge> : text;
}

interface UpdateTitleProps {
  update: Update;
  decisions: readonly UpdateDecision[];
}

export function UpdateTitle({ update, decisions }: UpdateTitleProps) {
  const title = useTitle()(update);
  const { id, package: name, available_version: version } = update;
  const below = [name && name !== title ? name : null, version].filter(Boolean).join(' · ');
  return (
    <div className={classes.update}>
      <Link
        to="/updates/$updateId"
        params={{ updateId: id }}
        className={`${classes.title} ${classes.two}`}
        data-cut
      >
        {title}
      </Link>
      {below && <span className={classes.dim}>{below}</span>}
      <DecisionMark decisions={decisions} update={update} />
    </div>
  );
}

interface DeviceCountProps {
  count: number;
  tone?: Tone;
  icon?: typeof IconRefresh;
  strong?: boolean;
}

/** A number of devices; none of them is nothing to look at. */
export function DeviceCount({ count, tone, icon, strong }: DeviceCountProps) {
  const format = useFormat();
  const text = format.number(count);
  if (count === 0) return <span className={classes.none}>{text}</span>;
  if (tone) {
    return (
      <StateBadge tone={tone} icon={icon}>
        {text}
      </StateBadge>
    );
  }
  return strong ? <strong>{text}</strong> : text;
}
