import type { Action, TaskState } from '@/api/types';
import { RowButton } from '@/components/guarded-button';
import { Card } from '@/components/page';
import { reasonText, taskStateText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import classes from './action-page.module.css';

interface ActionFailuresProps {
  failures: Action['failures'];
  onShow: (state: TaskState) => void;
}

/** What went wrong, what it means and what to do; the most frequent first. */
export function ActionFailures({ failures, onShow }: ActionFailuresProps) {
  const { t } = useTranslation();
  return (
    <Card title={t('actions.failures')} flush>
      <ul className={classes.failures}>
        {failures.map(({ state, reason_code: reason, count }) => {
          const text = reason ? reasonText(t, reason) : null;
          const title = text?.title ?? taskStateText(t, state);
          return (
            <li key={`${state} ${reason}`} className={classes.failure} data-state={state}>
              <span className={classes.failureCount}>{t('actions.failures_of', { count })}</span>
              <span className={classes.failureText}>
                <strong>{title}</strong>
                {text && <span>{text.remedy}</span>}
                {reason && <code>{reason}</code>}
              </span>
              <RowButton
                reason={null}
                aria-label={`${t('actions.failures_show')}: ${title}`}
                onClick={() => onShow(state)}
              >
                {t('actions.failures_show')}
              </RowButton>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
