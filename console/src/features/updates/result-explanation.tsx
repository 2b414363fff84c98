import { hresultText, reasonText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import classes from './result-explanation.module.css';

export interface InstallationResult {
  hresult?: string | null;
  result_code?: number | null;
  reason_code?: string | null;
}

export function isSuccess(hresult: string): boolean {
  return Number(hresult) === 0;
}

/** The HRESULT that tells more than the reason does: that of a failure. */
export function failureCode({ hresult }: InstallationResult): string | null {
  return hresult && !isSuccess(hresult) ? hresult : null;
}

interface ResultExplanationProps {
  result: InstallationResult;
  /** In a table the remedy waits in the hint. */
  brief?: boolean;
}

/** What went wrong, what it means and what to do, with the code to search for. */
export function ResultExplanation({ result, brief }: ResultExplanationProps) {
  const { t } = useTranslation();
  const code = failureCode(result);
  const reason = result.reason_code ?? null;
  if (code === null && reason === null) return null;
  const { title, remedy, name } =
    code === null ? { ...reasonText(t, reason ?? ''), name: undefined } : hresultText(t, code);
  return (
    <div className={classes.explanation} data-hint={brief ? `${title}\n${remedy}` : undefined}>
      <div className={classes.title} data-brief={brief}>
        {title}
      </div>
      {!brief && <div className={classes.remedy}>{remedy}</div>}
      {code !== null && (
        <div className={classes.code}>
          <code>{code}</code> {name && <code>{name}</code>}
        </div>
      )}
    </div>
  );
}
