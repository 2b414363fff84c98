import type { TFunction } from 'i18next';
import { useMemo } from 'react';
import type { TaskUpdate } from '@/api/types';
import { Card } from '@/components/page';
import { StateBadge, type Tone } from '@/components/state-badge';
import { type DataColumn, DataTable } from '@/components/table/data-table';
import { hresultText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import classes from './task-page.module.css';

const tones: Record<TaskUpdate['outcome'], Tone> = {
  installed: 'ok',
  failed: 'failed',
  skipped: 'neutral',
  downloaded: 'waiting',
};

function isSuccess(hresult: string): boolean {
  return Number(hresult) === 0;
}

function ResultCode({ update }: { update: TaskUpdate }) {
  const { t } = useTranslation();
  const { hresult, result_code } = update;
  if (!hresult) return <code>{result_code ?? null}</code>;
  if (isSuccess(hresult)) return <code>{hresult}</code>;
  const { title, remedy, name } = hresultText(t, hresult);
  return (
    <>
      <div>
        <code>{hresult}</code> {name && <code className={classes.codeName}>{name}</code>}
      </div>
      <div>{title}</div>
      <div className={classes.explanation}>{remedy}</div>
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
          <StateBadge tone={tones[row.original.outcome]}>
            {t(`outcomes.${row.original.outcome}`)}
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
