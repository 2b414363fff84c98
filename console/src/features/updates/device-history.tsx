import { Button, Skeleton } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Device, UpdateStep } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { ProblemState } from '@/components/problem-state';
import { RelativeTime } from '@/components/relative-time';
import { FilterChip } from '@/components/table/filter-chip';
import tools from '@/components/table/table-tools.module.css';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import classes from './device-history.module.css';
import { entriesByDay, firstFew, gatherSteps, type HistoryEntry, hasRestarted } from './history';
import { HistoryEvidence } from './history-evidence';
import { useTitle } from './title';
import { toneOf, UpdateStateBadge } from './update-state-badge';
import { deviceStepsQuery } from './updates';

const none: UpdateStep[] = [];

interface DeviceHistoryProps {
  device: Device;
  /** Only the steps of this update. */
  updateId: string | undefined;
}

/** The ledger of a device as a time line, newest first. */
export function DeviceHistory({ device, updateId }: DeviceHistoryProps) {
  const { t } = useTranslation();
  const titleOf = useTitle();
  const navigate = useNavigate();
  const query = useInfiniteQuery(deviceStepsQuery(device.id, updateId));
  const steps = useMemo(
    () => query.data?.pages.flatMap(({ items }) => items) ?? none,
    [query.data],
  );
  const showAll = () =>
    void navigate({ to: '.', search: (previous) => ({ ...previous, update: undefined }) });
  const first = steps[0];
  if (query.isError && !query.data) {
    return <ProblemState error={query.error} onRetry={() => void query.refetch()} />;
  }
  return (
    <>
      {updateId && (
        <div className={tools.toolbar}>
          <FilterChip
            label={
              first
                ? t('history.only', { name: first.kb ?? titleOf(first) })
                : t('history.only_this')
            }
            onRemove={showAll}
          />
          {first?.kb && <span className={classes.dim}>{titleOf(first)}</span>}
        </div>
      )}
      {query.isPending && <HistorySkeleton />}
      {query.isSuccess && steps.length === 0 && (
        <NoHistory filtered={updateId !== undefined} onShowAll={showAll} />
      )}
      {steps.length > 0 && <Days steps={steps} linked={updateId === undefined} />}
      {query.hasNextPage && (
        <Button
          className={classes.older}
          variant="default"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t('history.show_older')}
        </Button>
      )}
      {steps.length > 0 && !query.hasNextPage && (
        <p className={classes.beginning}>{t('history.beginning')}</p>
      )}
    </>
  );
}

function Days({ steps, linked }: { steps: readonly UpdateStep[]; linked: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const days = useMemo(() => entriesByDay(gatherSteps(steps), format.date), [steps, format]);
  return (
    <section className={classes.days} aria-label={t('history.label')}>
      {days.map(({ day, entries }) => (
        <div key={day} className={classes.day}>
          <h2 className={classes.date}>{day}</h2>
          <ol className={classes.entries}>
            {entries.map((entry) => (
              <Entry
                key={entry.step.position}
                entry={entry}
                restarted={hasRestarted(entry.step, steps)}
                linked={linked}
              />
            ))}
          </ol>
        </div>
      ))}
    </section>
  );
}

interface EntryProps {
  entry: HistoryEntry;
  restarted: boolean;
  linked: boolean;
}

function Entry({ entry: { step, steps }, restarted, linked }: EntryProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <li className={classes.entry} data-tone={toneOf(step.state)}>
      <div className={classes.head}>
        <UpdateStateBadge state={step.state} />
        {steps.length > 1 && (
          <span className={classes.many}>{t('history.updates', { count: steps.length })}</span>
        )}
        <span className={classes.time}>
          {format.time(step.at)}
          {' · '}
          <RelativeTime at={step.at} />
        </span>
      </div>
      {linked && <UpdateNames steps={steps} />}
      <HistoryEvidence step={step} restarted={restarted} />
    </li>
  );
}

/** A first scan offers a hundred updates at once: a few stand for them until all are asked for. */
function UpdateNames({ steps }: { steps: readonly UpdateStep[] }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const shown = all ? steps : firstFew(steps);
  return (
    <>
      <ul className={classes.updates}>
        {shown.map((one) => (
          <li key={one.position}>
            <UpdateName step={one} />
          </li>
        ))}
      </ul>
      {shown.length < steps.length && (
        <button type="button" className={classes.more} onClick={() => setAll(true)}>
          {t('history.more_updates', { count: steps.length - shown.length })}
        </button>
      )}
    </>
  );
}

function UpdateName({ step }: { step: UpdateStep }) {
  const { t } = useTranslation();
  const titleOf = useTitle();
  return (
    <>
      {step.kb && <span className={classes.kb}>{step.kb}</span>}
      <Link
        to="."
        search={(previous) => ({ ...previous, update: step.update_id })}
        className={classes.update}
        aria-description={t('history.only_update', { title: titleOf(step) })}
      >
        {titleOf(step)}
      </Link>
      {step.package && <span className={classes.package}>{step.package}</span>}
    </>
  );
}

function NoHistory({ filtered, onShowAll }: { filtered: boolean; onShowAll: () => void }) {
  const { t } = useTranslation();
  if (!filtered) {
    return (
      <EmptyState
        icon={IconHistory}
        title={t('history.empty_title')}
        body={t('history.empty_body')}
      />
    );
  }
  return (
    <EmptyState
      icon={IconHistory}
      title={t('history.empty_update_title')}
      body={t('history.empty_update_body')}
    >
      <Button variant="default" onClick={onShowAll}>
        {t('history.show_all')}
      </Button>
    </EmptyState>
  );
}

function HistorySkeleton() {
  const { t } = useTranslation();
  return (
    <div className={classes.skeleton} role="status" aria-busy aria-label={t('common.loading')}>
      {[0, 1, 2, 3].map((row) => (
        <Skeleton key={row} height={52} radius="md" />
      ))}
    </div>
  );
}
