import { Alert } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { toApiError } from '@/api/problem';
import { errorText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import classes from './page-state.module.css';

/** A refused request, next to what asked for it. */
export function ProblemNote({ error, title }: { error: unknown; title?: string }) {
  const { t } = useTranslation();
  const problem = toApiError(error);
  const reference = problem.requestId
    ? `${problem.code} · ${t('errors.request_id')} ${problem.requestId}`
    : problem.code;
  return (
    <Alert
      color="red"
      variant="light"
      role="alert"
      title={title}
      icon={<IconAlertTriangle size={18} />}
      classNames={{ message: classes.noteMessage, title: classes.noteTitle }}
    >
      {errorText(t, problem.code)}
      <div className={classes.noteReference}>{reference}</div>
    </Alert>
  );
}
