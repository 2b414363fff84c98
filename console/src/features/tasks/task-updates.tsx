import type { TFunction } from 'i18next';
import { useMemo } from 'react';
import type { TaskUpdate } from '@/api/types';
import { Card } from '@/components/page';
import { StateBadge, type Tone } from '@/components/state-badge';
import { type DataColumn, DataTable } from '@/components/table/data-table';
import { failureCode, ResultExplanation } from '@/features/updates/result-explanation';
import { outcomeText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import classes from './task-page.module.css';

const tones: Record<TaskUpdate['outcome'], Tone> = {
  installed: 'ok',
  unconfirmed: 'attention',
  failed: 'failed',
  skipped: 'neutral',
  superseded: 'neutral',
  downloaded: 'waiting',
};

function ResultCode({ update }: { update: TaskUpdate }) {
  const { hresult, result_code, reason_code } = update;
  const explained = failureCode(update) !== null || reason_code;
  return (
    <>
      {!explained && <code>{hresult ?? result_code ?? null}</code>}
      <ResultExplanation result={update} />
    </>
  );
}

function columns(t: TFunction): DataColumn<TaskUpdate>[] {
  return [
    {
      id: 'update',
      meta: { title: t('columns.update') },
      cell: ({ row }) => <span className={classes.updateName}>{row.original.title}</span>,
    },
    {
      id: 'state',
      meta: { title: t('columns.state'), width: 150 },
      cell: ({ row }) => (
        <>
          <StateBadge tone={tones[row.original.outcome] ?? 'unknown'}>
            {outcomeText(t, row.original.outcome)}
          </StateBadge>
          {row.original.restart_required && (
            <div className={classes.explanation}>{t('outcomes.restart_required')}</div>
          )}
        </>
      ),
    },
    {
      id: 'result_code',
      meta: { title: t('tasks.result_code'), width: 340 },
      cell: ({ row }) => <ResultCode update={row.original} />,
    },
  ];
}

export function TaskUpdates({ updates }: { updates: readonly TaskUpdate[] }) {
  const { t } = useTranslation();
  const shown = useMemo(() => columns(t), [t]);
  return (
    <Card title={t('tasks.results')} flush>
      <DataTable
        bare
        label={t('tasks.results')}
        columns={shown}
        rows={updates}
        rowId={(update) => update.key}
        rowName={(update) => update.title}
        loading={false}
      />
    </Card>
  );
}
