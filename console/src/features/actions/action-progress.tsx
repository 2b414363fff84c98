import { CloseButton, Progress } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { toApiError } from '@/api/problem';
import type { Action } from '@/api/types';
import { StateBadge } from '@/components/state-badge';
import { actionKindText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import classes from './action-progress.module.css';
import { type ActionSummary, actionQuery, summarise } from './actions';
import { untrackAction, useTrackedActions } from './tracked-actions';

/** The progress of what was started in this tab; it stays while one moves between pages. */
export function ActionProgress() {
  const { t } = useTranslation();
  const tracked = useTrackedActions();
  if (tracked.length === 0) return null;
  return (
    <aside className={classes.strip} aria-label={t('actions.progress')}>
      {tracked.map((id) => (
        <TrackedAction key={id} id={id} />
      ))}
    </aside>
  );
}

function TrackedAction({ id }: { id: string }) {
  const { data, error } = useQuery(actionQuery(id));
  const gone = error !== null && toApiError(error).status === 404;
  useEffect(() => {
    if (gone) untrackAction(id);
  }, [gone, id]);
  return data ? <ActionRow action={data} /> : null;
}

function ActionRow({ action }: { action: Action }) {
  const { t } = useTranslation();
  const summary = summarise(action);
  const kind = actionKindText(t, action.kind);
  const share = (count: number) => (summary.total === 0 ? 0 : (count / summary.total) * 100);
  const label = t('actions.progress_label', {
    kind,
    done: summary.finished,
    total: summary.total,
  });
  return (
    <section className={classes.action} aria-label={label}>
      <strong>{kind}</strong>
      <Progress.Root className={classes.bar} size={6} aria-hidden>
        <Progress.Section value={share(summary.succeeded)} color="var(--lat-ok)" />
        <Progress.Section value={share(summary.failed)} color="var(--lat-failed)" />
        <Progress.Section value={share(summary.stopped)} color="var(--lat-unknown)" />
      </Progress.Root>
      <span className={classes.done}>
        {t('actions.progress_done', { done: summary.finished, total: summary.total })}
      </span>
      <span className={classes.counts} role="status">
        <Counts summary={summary} />
      </span>
      <Link className={classes.link} to="/tasks" search={{ action: action.id }}>
        {t(summary.total === 1 ? 'actions.show_task' : 'actions.show_tasks')}
      </Link>
      <CloseButton
        size="sm"
        aria-label={t('common.dismiss')}
        onClick={() => untrackAction(action.id)}
      />
    </section>
  );
}

export function Counts({ summary }: { summary: ActionSummary }) {
  const { t } = useTranslation();
  const { running, waiting, failed, stopped, succeeded } = summary;
  return (
    <>
      {running > 0 && (
        <StateBadge tone="working">{t('actions.running_count', { count: running })}</StateBadge>
      )}
      {waiting > 0 && (
        <StateBadge tone="waiting">{t('actions.waiting_count', { count: waiting })}</StateBadge>
      )}
      {failed > 0 && (
        <StateBadge tone="failed">{t('actions.failed_count', { count: failed })}</StateBadge>
      )}
      {stopped > 0 && (
        <StateBadge tone="neutral">{t('actions.stopped_count', { count: stopped })}</StateBadge>
      )}
      {succeeded > 0 && (
        <StateBadge tone="ok">{t('actions.succeeded_count', { count: succeeded })}</StateBadge>
      )}
    </>
  );
}
