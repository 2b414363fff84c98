import { Link } from '@tanstack/react-router';
import type { Standing } from '@/api/types';
import { RelativeTime } from '@/components/relative-time';
import { useTranslation } from '@/i18n/use-translation';
import { ResultExplanation } from './result-explanation';
import classes from './standing-cell.module.css';
import { UpdateStateBadge } from './update-state-badge';

/** Where an update stands on a device: since when, and what went wrong or is at work. */
export function StandingCell({ standing }: { standing: Standing }) {
  const { t } = useTranslation();
  const { state, since, task_id } = standing;
  return (
    <div className={classes.standing}>
      <div className={classes.line}>
        <UpdateStateBadge state={state} />
        <span className={classes.since}>
          <RelativeTime at={since} />
        </span>
        {state === 'approved' && task_id && (
          <Link to="/tasks/$taskId" params={{ taskId: task_id }}>
            {t('updates.show_task')}
          </Link>
        )}
      </div>
      {state !== 'approved' && <ResultExplanation result={standing} brief />}
    </div>
  );
}
