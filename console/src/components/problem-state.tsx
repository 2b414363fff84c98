import { Button, Code } from '@mantine/core';
import { IconCloudOff, IconLock, IconMapPinOff, IconRefresh } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { type ApiError, toApiError } from '@/api/problem';
import { errorText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import classes from './page-state.module.css';

function titleKey(problem: ApiError) {
  if (problem.status === 403) return 'errors.forbidden_title';
  if (problem.status === 404) return 'errors.not_found_title';
  return 'errors.title';
}

function icon(problem: ApiError) {
  if (problem.status === 403) return IconLock;
  if (problem.status === 404) return IconMapPinOff;
  return IconCloudOff;
}

/** A whole page, or a part of one, that could not be shown: what happened and what to do. */
export function ProblemState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const problem = toApiError(error);
  const Icon = icon(problem);
  const final = problem.status === 403 || problem.status === 404;
  return (
    <div className={classes.state} role="alert">
      <Icon className={classes.icon} size={36} stroke={1.4} aria-hidden />
      <h2 className={classes.title}>{t(titleKey(problem))}</h2>
      <p className={classes.body}>{errorText(t, problem.code)}</p>
      <ProblemReference problem={problem} />
      {final ? (
        <Button variant="default" renderRoot={(props) => <Link to="/updates" {...props} />}>
          {t('errors.go_back')}
        </Button>
      ) : (
        onRetry && (
          <Button variant="default" leftSection={<IconRefresh size={15} />} onClick={onRetry}>
            {t('common.try_again')}
          </Button>
        )
      )}
    </div>
  );
}

/** What to quote when asking for help. */
function ProblemReference({ problem }: { problem: ApiError }) {
  const { t } = useTranslation();
  return (
    <dl className={classes.reference}>
      <div>
        <dt>{t('errors.code')}</dt>
        <dd>
          <Code>{problem.code}</Code>
        </dd>
      </div>
      {problem.requestId && (
        <div>
          <dt>{t('errors.request_id')}</dt>
          <dd>
            <Code>{problem.requestId}</Code>
          </dd>
        </div>
      )}
    </dl>
  );
}
