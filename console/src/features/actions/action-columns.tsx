import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import type { ActionSummary } from '@/api/types';
import { RelativeTime } from '@/components/relative-time';
import { StateBadge } from '@/components/state-badge';
import type { DataColumn } from '@/components/table/data-table';
import { scopeText, useWhenText } from '@/features/tasks/task-cells';
import { actionKindText, creatorText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { Counts, StackedBar } from './action-progress';
import { summarise } from './actions';
import classes from './actions-page.module.css';
import { OutsideWindows } from './outside-windows';

interface CellProps {
  action: ActionSummary;
}

export function actionColumns(t: TFunction): DataColumn<ActionSummary>[] {
  return [
    {
      id: 'action',
      meta: { title: t('columns.action'), width: 250 },
      cell: ({ row }) => <What action={row.original} />,
    },
    {
      id: 'devices',
      meta: { title: t('columns.devices'), width: 96, align: 'end' },
      cell: ({ row }) => <Devices action={row.original} />,
    },
    {
      id: 'state',
      meta: { title: t('columns.state'), width: 132 },
      cell: ({ row }) => <State action={row.original} />,
    },
    {
      id: 'progress',
      meta: { title: t('columns.progress'), atLeast: 280 },
      cell: ({ row }) => <Progress action={row.original} />,
    },
    {
      id: 'created',
      meta: { title: t('columns.created'), width: 140 },
      cell: ({ row }) => <RelativeTime at={row.original.created_at} />,
    },
    {
      id: 'created_by',
      meta: { title: t('columns.created_by'), width: 190 },
      cell: ({ row }) => creatorText(t, row.original.created_by_kind, row.original.created_by),
    },
  ];
}

function What({ action }: CellProps) {
  const { t } = useTranslation();
  const whenText = useWhenText();
  const { kind, when, update_count, categories } = action;
  const more = [
    kind === 'install_updates' ? scopeText(t, update_count ?? null, categories ?? null) : null,
    when.type === 'now' ? null : whenText(when),
  ].filter((text) => text !== null);
  return (
    <div className={classes.what} data-hint={more.join(' · ') || undefined}>
      <Link to="/actions/$actionId" params={{ actionId: action.id }} className={classes.link}>
        {actionKindText(t, kind)}
      </Link>
      {more.length > 0 && <span className={classes.more}>{more.join(' · ')}</span>}
      <span className={classes.outside}>
        <OutsideWindows action={action} />
      </span>
    </div>
  );
}

function Devices({ action }: CellProps) {
  const format = useFormat();
  return format.number(action.tasks_total);
}

function State({ action }: CellProps) {
  const { t } = useTranslation();
  const { finished, total, failed } = summarise(action);
  if (finished < total) return <StateBadge tone="working">{t('actions.open')}</StateBadge>;
  return <StateBadge tone={failed > 0 ? 'attention' : 'ok'}>{t('actions.ended')}</StateBadge>;
}

function Progress({ action }: CellProps) {
  const { t } = useTranslation();
  const counts = summarise(action);
  const label = t('actions.progress_label', {
    kind: actionKindText(t, action.kind),
    done: counts.finished,
    total: counts.total,
  });
  return (
    <div className={classes.progress}>
      <StackedBar counts={counts} size={6} label={label} />
      <span className={classes.counts}>
        <Counts counts={counts} />
      </span>
    </div>
  );
}
