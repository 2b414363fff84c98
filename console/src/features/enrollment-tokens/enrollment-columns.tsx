import type { TFunction } from 'i18next';
import type { EnrollmentToken } from '@/api/types';
import { RowButton } from '@/components/guarded-button';
import { RelativeTime } from '@/components/relative-time';
import { StateBadge, type Tone } from '@/components/state-badge';
import type { DataColumn } from '@/components/table/data-table';
import { Name } from '@/components/table/name';
import { authorText } from '@/i18n/codes';

const tones: Record<EnrollmentToken['state'], Tone> = {
  active: 'ok',
  expired: 'neutral',
  used_up: 'neutral',
  revoked: 'neutral',
};

function usesText(t: TFunction, { uses, max_uses }: EnrollmentToken): string {
  return typeof max_uses === 'number'
    ? t('enrollment.uses_of', { uses, max: max_uses })
    : t('enrollment.uses_unlimited', { uses });
}

export function enrollmentColumns(
  t: TFunction,
  onRevoke: (token: EnrollmentToken) => void,
): DataColumn<EnrollmentToken>[] {
  return [
    {
      id: 'name',
      meta: { title: t('columns.name'), atLeast: 160 },
      cell: ({ row }) => <Name strong name={row.original.name} />,
    },
    {
      id: 'tenant',
      meta: { title: t('columns.tenant'), width: 160 },
      cell: ({ row }) => <Name name={row.original.tenant.name} />,
    },
    {
      id: 'group',
      meta: { title: t('columns.group'), width: 120 },
      cell: ({ row }) => <Name name={row.original.group?.name ?? t('devices.no_group')} />,
    },
    {
      id: 'state',
      meta: { title: t('columns.state'), width: 144 },
      cell: ({ row }) => (
        <StateBadge tone={tones[row.original.state]}>
          {t(`enrollment.states.${row.original.state}`)}
        </StateBadge>
      ),
    },
    {
      id: 'uses',
      meta: { title: t('columns.uses'), width: 128 },
      cell: ({ row }) => usesText(t, row.original),
    },
    {
      id: 'expires',
      meta: { title: t('columns.expires'), width: 120 },
      cell: ({ row }) => <RelativeTime at={row.original.expires_at} />,
    },
    {
      id: 'created',
      meta: { title: t('columns.created'), width: 120 },
      cell: ({ row }) => <RelativeTime at={row.original.created_at} />,
    },
    {
      id: 'created_by',
      meta: { title: t('columns.author'), width: 130 },
      cell: ({ row }) => authorText(t, row.original.created_by),
    },
    {
      id: 'actions',
      meta: { title: t('columns.actions'), width: 120 },
      cell: ({ row }) =>
        row.original.state === 'active' && (
          <RowButton
            reason={null}
            aria-label={t('enrollment.revoke_named', { name: row.original.name })}
            onClick={() => onRevoke(row.original)}
          >
            {t('enrollment.revoke')}
          </RowButton>
        ),
    },
  ];
}
