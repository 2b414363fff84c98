import { Link } from '@tanstack/react-router';
import type { UpdateStep } from '@/api/types';
import { resultCodeText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import classes from './device-history.module.css';
import { scanWitness } from './history';
import { isSuccess, ResultExplanation } from './result-explanation';

interface HistoryEvidenceProps {
  step: UpdateStep;
  /** Whether the machine restarted since the update's step before. */
  restarted: boolean;
}

/** What a step rests on, in words. */
export function HistoryEvidence({ step, restarted }: HistoryEvidenceProps) {
  const { t } = useTranslation();
  const { scan, task_id, result_code, hresult, boot_id } = step.evidence;
  const witness = scanWitness(step);
  const number = scan ?? null;
  const seen = {
    offered: () => t('history.offered_by_scan', { scan: number ?? 0 }),
    missing: () => t('history.missing_in_scan', { scan: number ?? 0 }),
    told: () => t('history.told_by_scan', { scan: number ?? 0 }),
  };
  return (
    <>
      <ul className={classes.evidence}>
        {task_id && <TaskEvidence id={task_id} createdBy={step.evidence.task_created_by ?? null} />}
        {restarted && (
          <li data-hint={boot_id ? t('history.boot', { boot: boot_id }) : undefined}>
            {t('history.restarted')}
          </li>
        )}
        {number !== null && <li>{seen[witness]()}</li>}
        {typeof result_code === 'number' && (
          <li>
            {t('history.result_code', {
              code: result_code,
              meaning: resultCodeText(t, result_code),
            })}
          </li>
        )}
        {hresult && isSuccess(hresult) && <li>{t('history.hresult', { code: hresult })}</li>}
      </ul>
      <ResultExplanation result={{ hresult, result_code, reason_code: step.reason_code }} />
    </>
  );
}

function TaskEvidence({ id, createdBy }: { id: string; createdBy: string | null }) {
  const { t } = useTranslation();
  return (
    <li>
      {createdBy ? t('history.asked_by', { name: createdBy }) : t('history.by_task')}{' '}
      <Link to="/tasks/$taskId" params={{ taskId: id }} className={classes.task}>
        {t('updates.show_task')}
      </Link>
    </li>
  );
}
