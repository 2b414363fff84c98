import { IconCalendarClock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { WindowOccurrence } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Card, Page, PageIntro } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { StateBadge } from '@/components/state-badge';
import { useCan } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { useNow } from '@/util/use-now';
import classes from './coming-page.module.css';
import { clockOf, offsetOf } from './local-span';
import { occurrencesQuery } from './maintenance';
import { MaintenanceViews } from './maintenance-views';
import { actionsText, durationText, scopeLabel, sentence } from './window-words';

const days = 14;

export function ComingPage({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  if (useCan('read_devices')) return <Coming tenantId={tenantId} />;
  return <ForbiddenPage title={t('maintenance.title')} />;
}

function Coming({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  const query = useQuery(occurrencesQuery(tenantId, days));
  const items = query.data?.items ?? [];
  return (
    <Page title={t('maintenance.title')} beside={<MaintenanceViews />}>
      <PageIntro>{t('maintenance.coming.intro', { count: days })}</PageIntro>
      {query.isError && !query.data && (
        <ProblemState error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <PageSkeleton />}
      {query.data && items.length === 0 && (
        <Card>
          <EmptyState
            icon={IconCalendarClock}
            title={t('maintenance.coming.empty_title')}
            body={t('maintenance.coming.empty_body')}
          />
        </Card>
      )}
      {items.length > 0 && (
        <div className={classes.card}>
          <Card flush>
            {byDay(items).map(([day, occurrences]) => (
              <Day key={day} occurrences={occurrences} />
            ))}
          </Card>
        </div>
      )}
    </Page>
  );
}

/** In the order in which they come, by the local day of their beginning. */
function byDay(items: readonly WindowOccurrence[]): [string, WindowOccurrence[]][] {
  const groups = new Map<string, WindowOccurrence[]>();
  for (const item of items) {
    const day = item.local_starts_at.slice(0, 10);
    groups.set(day, [...(groups.get(day) ?? []), item]);
  }
  return [...groups];
}

function Day({ occurrences }: { occurrences: readonly WindowOccurrence[] }) {
  const format = useFormat();
  const [first] = occurrences;
  if (!first) return null;
  return (
    <section className={classes.day}>
      <h2 className={classes.date}>{sentence(format.weekday(first.local_starts_at))}</h2>
      <ul className={classes.list}>
        {occurrences.map((occurrence) => (
          <Occurrence
            key={`${occurrence.window.id} ${occurrence.starts_at}`}
            occurrence={occurrence}
          />
        ))}
      </ul>
    </section>
  );
}

function Occurrence({ occurrence }: { occurrence: WindowOccurrence }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const { window, starts_at, ends_at, local_starts_at, local_ends_at, devices } = occurrence;
  const open = Date.parse(starts_at) <= now;
  const minutes = ends_at ? (Date.parse(ends_at) - Date.parse(starts_at)) / 60_000 : null;
  const until = local_ends_at ? `–${clockOf(local_ends_at)}` : '';
  return (
    <li className={classes.row}>
      <span className={classes.time} data-hint={offsetOf(local_starts_at)}>
        <strong>{clockOf(local_starts_at)}</strong>
        {until}
      </span>
      <span className={classes.what}>
        <Link to="/maintenance/windows/$windowId" params={{ windowId: window.id }}>
          {window.name}
        </Link>
        <span className={classes.dim}>
          {[
            scopeLabel(t, window.scope),
            actionsText(t, format, window.actions),
            minutes !== null && durationText(t, minutes),
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </span>
      {open && <StateBadge tone="ok">{t('maintenance.coming.now')}</StateBadge>}
      <span className={classes.devices}>{t('maintenance.devices', { count: devices })}</span>
    </li>
  );
}
