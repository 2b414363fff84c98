import { CloseButton, Progress } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import { useEffect } from 'react';
import { toApiError } from '@/api/problem';
import type { Action, ActionSummary } from '@/api/types';
import { StateBadge } from '@/components/state-badge';
import { actionKindText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import classes from './action-progress.module.css';
import { type ActionCounts, actionQuery, ownOpenActionsQuery, summarise } from './actions';
import { untrackAction, useTrackedActions, withOpen } from './tracked-actions';

/** The progress of what this person started; it stays while one moves between pages. */
export function ActionProgress() {
  const { t } = useTranslation();
  // Re-renders when something is tracked or dismissed.
  useTrackedActions();
  const open = useQuery(ownOpenActionsQuery);
  const shown = withOpen(open.data?.items.map(({ id }) => id) ?? []);
  if (shown.length === 0) return null;
  return (
    <aside className={classes.strip} aria-label={t('actions.progress')}>
      {shown.map((id) => (
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

/** “Installing on 214 devices”. */
function headline(t: TFunction, { kind, tasks_total: count }: ActionSummary): string {
  const texts = {
    scan: () => t('actions.running_scan', { count }),
    install_updates: () => t('actions.running_install', { count }),
    restart: () => t('actions.running_restart', { count }),
  };
  return texts[kind]();
}

function ActionRow({ action }: { action: Action }) {
  const { t } = useTranslation();
  const counts = summarise(action);
  const title = headline(t, action);
  const label = t('actions.progress_label', {
    kind: actionKindText(t, action.kind),
    done: counts.finished,
    total: counts.total,
  });
  return (
    <section className={classes.action} aria-label={label}>
      <strong>{title}</strong>
      <div className={classes.bar}>
        <StackedBar counts={counts} size={6} label={label} />
      </div>
      <span className={classes.done}>
        {t('actions.progress_done', { done: counts.finished, total: counts.total })}
      </span>
      <span className={classes.counts} role="status">
        <Counts counts={counts} />
      </span>
      <Link
        className={classes.link}
        to="/actions/$actionId"
        params={{ actionId: action.id }}
        aria-label={t('actions.open_named', { name: title })}
      >
        {t('actions.open_action')}
      </Link>
      <CloseButton
        size="sm"
        aria-label={t('common.dismiss')}
        onClick={() => untrackAction(action.id)}
      />
    </section>
  );
}

interface StackedBarProps {
  counts: ActionCounts;
  size: number;
  label: string;
}

/** How many have succeeded, failed, and ended otherwise; what is left of the bar is open. */
export function StackedBar({ counts, size, label }: StackedBarProps) {
  const share = (count: number) => (counts.total === 0 ? 0 : (count / counts.total) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={counts.total}
      aria-valuenow={counts.finished}
    >
      <Progress.Root size={size} aria-hidden>
        <Progress.Section value={share(counts.succeeded)} color="var(--lat-ok)" />
        <Progress.Section value={share(counts.failed)} color="var(--lat-failed)" />
        <Progress.Section value={share(counts.stopped)} color="var(--lat-unknown)" />
      </Progress.Root>
    </div>
  );
}

export function Counts({ counts }: { counts: ActionCounts }) {
  const { t } = useTranslation();
  const { running, waiting, failed, stopped, succeeded } = counts;
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
