import { IconMoonStars, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import { useMemo } from 'react';
import type { MaintenanceAction, MaintenancePlan, PlannedDevice } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Page, PageIntro } from '@/components/page';
import { ProblemState } from '@/components/problem-state';
import { StateBadge } from '@/components/state-badge';
import { type DataColumn, DataTable } from '@/components/table/data-table';
import { Name } from '@/components/table/name';
import { useCan } from '@/features/session/session';
import { actionKindText, taskStateText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { clockOf } from './local-span';
import { planQuery } from './maintenance';
import { MaintenanceViews } from './maintenance-views';
import classes from './tonight-page.module.css';
import { maintenanceActions } from './window-rules';
import { actionsText, durationText, sentence } from './window-words';

const hours = 24;

export function TonightPage({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  if (useCan('read_devices')) return <Tonight tenantId={tenantId} />;
  return <ForbiddenPage title={t('maintenance.title')} />;
}

const nobody: PlannedDevice[] = [];

function Tonight({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  const query = useQuery(planQuery(tenantId, hours));
  const plan = query.data;
  const columns = useMemo(
    () => tonightColumns(t, plan, tenantId === undefined),
    [t, plan, tenantId],
  );
  return (
    <Page fills title={t('maintenance.title')} beside={<MaintenanceViews />}>
      <PageIntro>{t('maintenance.tonight.intro')}</PageIntro>
      {query.isError && !plan ? (
        <ProblemState error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <DataTable
          label={t('maintenance.tonight.label')}
          columns={columns}
          rows={plan?.items ?? nobody}
          rowId={({ device }) => device.id}
          rowName={({ device }) => device.hostname}
          loading={query.isPending}
          empty={
            <EmptyState
              icon={IconMoonStars}
              title={t('maintenance.tonight.empty_title')}
              body={t('maintenance.tonight.empty_body')}
            />
          }
        />
      )}
      {plan?.truncated && <p className={classes.note}>{t('maintenance.tonight.truncated')}</p>}
    </Page>
  );
}

function tonightColumns(
  t: TFunction,
  plan: MaintenancePlan | undefined,
  several: boolean,
): DataColumn<PlannedDevice>[] {
  const columns: DataColumn<PlannedDevice>[] = [
    {
      id: 'device',
      meta: { title: t('columns.device'), width: 200 },
      cell: ({ row }) => <DeviceCell planned={row.original} />,
    },
    {
      id: 'tenant',
      meta: { title: t('columns.tenant'), width: 160 },
      cell: ({ row }) => <Name name={row.original.device.tenant_name} />,
    },
    {
      id: 'openings',
      meta: { title: t('maintenance.tonight.openings'), aside: <Scale />, atLeast: 360 },
      cell: ({ row }) => plan && <Bars planned={row.original} plan={plan} />,
    },
    {
      id: 'work',
      meta: { title: t('maintenance.tonight.work'), width: 260 },
      cell: ({ row }) => <Work planned={row.original} />,
    },
  ];
  return several ? columns : columns.filter(({ id }) => id !== 'tenant');
}

function DeviceCell({ planned }: { planned: PlannedDevice }) {
  const { t } = useTranslation();
  const { device, online, time_zone } = planned;
  return (
    <div className={classes.device}>
      <Link to="/devices/$deviceId" params={{ deviceId: device.id }} className={classes.hostname}>
        {device.hostname}
      </Link>
      <span className={classes.dim}>
        {[!online && t('devices.offline'), time_zone.replaceAll('_', ' ')]
          .filter(Boolean)
          .join(' · ')}
      </span>
    </div>
  );
}

/** The hours of the plan above their bars; every device's own clock stands beside its bar. */
function Scale() {
  const { t } = useTranslation();
  return (
    <span className={classes.line} aria-hidden>
      <span className={classes.scale}>
        <span>{t('maintenance.tonight.now')}</span>
        <span>{t('maintenance.tonight.later', { count: hours / 2 })}</span>
        <span>{t('maintenance.tonight.later', { count: hours })}</span>
      </span>
    </span>
  );
}

interface BarsProps {
  planned: PlannedDevice;
  plan: MaintenancePlan;
}

/** A bar over the hours of the plan; a line in it is the device's midnight. */
function Bars({ planned, plan }: BarsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { openings } = planned;
  if (openings.length === 0) {
    return <span className={classes.dim}>{t('maintenance.tonight.no_opening')}</span>;
  }
  const from = Date.parse(plan.from);
  const length = Date.parse(plan.until) - from;
  const at = (instant: string) =>
    Math.min(100, Math.max(0, ((Date.parse(instant) - from) / length) * 100));
  const midnight = midnightOf(planned, from);
  return (
    <div className={classes.bars}>
      {linesOf(openings).map(({ actions, spans }) => {
        const whole = spans.some(
          ({ starts_at, ends_at }) =>
            at(starts_at) === 0 && (ends_at == null || at(ends_at) === 100),
        );
        const times = spans.map(({ local_starts_at, local_ends_at, too_short }) => {
          const span = t('maintenance.tonight.span', {
            from: clockOf(local_starts_at),
            to: local_ends_at ? clockOf(local_ends_at) : '…',
          });
          return too_short ? t('maintenance.tonight.span_short', { span }) : span;
        });
        const when = whole ? t('maintenance.tonight.all_day') : format.list(times);
        const what = actionsText(t, format, actions);
        const everything = actions.length === maintenanceActions.length;
        const shortly = everything ? t('maintenance.tonight.all_work') : what;
        const bar = t('maintenance.tonight.bar', { action: sentence(what), spans: when });
        const needs = spans.find(({ too_short }) => too_short)?.needs_seconds;
        const need =
          needs &&
          t('maintenance.tonight.needs', { needs: durationText(t, Math.ceil(needs / 60)) });
        return (
          <div
            key={actions.join()}
            className={classes.line}
            data-hint={[bar, need].filter(Boolean).join(' · ')}
          >
            <span className={classes.bar} aria-hidden>
              {spans.map((span) => {
                const left = at(span.starts_at);
                const right = span.ends_at == null ? 100 : at(span.ends_at);
                return (
                  <span
                    key={span.starts_at}
                    data-short={span.too_short || undefined}
                    style={{ left: `${left}%`, width: `${right - left}%` }}
                  />
                );
              })}
              <i style={{ left: `${midnight}%` }} />
            </span>
            <span className={classes.spans} data-short={needs ? true : undefined}>
              <strong>{sentence(when)}</strong> {[shortly, need].filter(Boolean).join(' · ')}
            </span>
          </div>
        );
      })}
    </div>
  );
}

interface Line {
  actions: MaintenanceAction[];
  spans: PlannedDevice['openings'];
}

/** Kinds of work that have the same openings share a bar. */
function linesOf(openings: PlannedDevice['openings']): Line[] {
  const lines = new Map<string, Line>();
  for (const action of maintenanceActions) {
    const spans = openings.filter((opening) => opening.action === action);
    if (spans.length === 0) continue;
    const key = spans
      .map(({ starts_at, ends_at, too_short, needs_seconds }) =>
        [starts_at, ends_at, too_short && needs_seconds].join(' '),
      )
      .join();
    const line = lines.get(key) ?? { actions: [], spans };
    line.actions.push(action);
    lines.set(key, line);
  }
  return [...lines.values()];
}

/** Where the device's midnight is, from 0 at the beginning of the plan. */
function midnightOf({ openings: [first] }: PlannedDevice, from: number): number {
  if (!first) return 0;
  const offset = Date.parse(`${first.local_starts_at.slice(0, 19)}Z`) - Date.parse(first.starts_at);
  const day = 86_400_000;
  return ((day - ((from + offset) % day)) / day) * 100;
}

function Work({ planned }: { planned: PlannedDevice }) {
  const { t } = useTranslation();
  const { tasks, restart_pending } = planned;
  if (tasks.length === 0 && !restart_pending) {
    return <span className={classes.dim}>{t('maintenance.tonight.no_work')}</span>;
  }
  return (
    <ul className={classes.work}>
      {tasks.map(({ task_id, kind, state }) => (
        <li key={task_id}>
          <Link to="/tasks/$taskId" params={{ taskId: task_id }}>
            {actionKindText(t, kind)}
          </Link>
          <span className={classes.dim}>{taskStateText(t, state)}</span>
        </li>
      ))}
      {restart_pending && (
        <li>
          <StateBadge tone="attention" icon={IconRefresh}>
            {t('maintenance.tonight.restart')}
          </StateBadge>
        </li>
      )}
    </ul>
  );
}
