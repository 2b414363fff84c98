import type { TFunction } from 'i18next';
import type { AuditEvent } from '@/api/types';
import type { DataColumn } from '@/components/table/data-table';
import { Name } from '@/components/table/name';
import { useFormat } from '@/util/use-format';
import { ActionName, Actor, Result, Target } from './audit-cells';
import { EventLink } from './event-link';

export function auditColumns(t: TFunction, several: boolean): DataColumn<AuditEvent>[] {
  const tenant: DataColumn<AuditEvent> = {
    id: 'tenant',
    meta: { title: t('columns.tenant'), width: 160 },
    cell: ({ row }) => <Name name={row.original.tenant.name} />,
  };
  return [
    {
      id: 'at',
      meta: { title: t('columns.at'), width: 216 },
      cell: ({ row }) => (
        <EventLink event={row.original}>
          <ExactTime at={row.original.at} />
        </EventLink>
      ),
    },
    {
      id: 'actor',
      meta: { title: t('columns.actor'), width: 190 },
      cell: ({ row }) => <Actor event={row.original} />,
    },
    {
      id: 'action',
      meta: { title: t('columns.what') },
      cell: ({ row }) => <ActionName event={row.original} />,
    },
    {
      id: 'target',
      meta: { title: t('columns.target') },
      cell: ({ row }) => <Target event={row.original} />,
    },
    ...(several ? [tenant] : []),
    {
      id: 'result',
      meta: { title: t('columns.result'), width: 170 },
      cell: ({ row }) => <Result event={row.original} />,
    },
    {
      id: 'address',
      meta: { title: t('columns.address'), width: 140 },
      cell: ({ row }) => row.original.address,
    },
  ];
}

/** A log is read by the clock: ages would hide the order of seconds. */
function ExactTime({ at }: { at: string }) {
  const format = useFormat();
  return <time dateTime={at}>{format.dateTime(at)}</time>;
}
