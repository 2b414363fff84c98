import type { TFunction } from 'i18next';
import type { ApiToken } from '@/api/types';
import { RowButton } from '@/components/guarded-button';
import { RelativeTime } from '@/components/relative-time';
import { StateBadge } from '@/components/state-badge';
import classes from '@/components/table/cells.module.css';
import type { DataColumn } from '@/components/table/data-table';
import { Name } from '@/components/table/name';
import { clientsText } from '@/features/users/user-cells';

interface ApiTokenColumnsOptions {
  t: TFunction;
  several: boolean;
  onRevoke: (token: ApiToken) => void;
}

export function apiTokenColumns(options: ApiTokenColumnsOptions): DataColumn<ApiToken>[] {
  const { t, several, onRevoke } = options;
  const tenant: DataColumn<ApiToken> = {
    id: 'tenant',
    meta: { title: t('columns.tenant'), width: 160 },
    cell: ({ row }) => <Name name={row.original.tenant.name} />,
  };
  return [
    {
      id: 'name',
      meta: { title: t('columns.name'), atLeast: 190 },
      cell: ({ row }) => <Name strong name={row.original.name} />,
    },
    ...(several ? [tenant] : []),
    {
      id: 'role',
      meta: { title: t('columns.role'), width: 140 },
      cell: ({ row }) => {
        const { role, clients } = row.original;
        const limits = clientsText(t, clients);
        return (
          <div className={classes.stack}>
            <span data-hint={t(`role_hints.${role}`)}>{t(`roles.${role}`)}</span>
            {limits && (
              <span
                className={classes.dim}
                data-hint={clients?.map(({ name }) => name).join('\n') || undefined}
              >
                {limits}
              </span>
            )}
          </div>
        );
      },
    },
    {
      id: 'state',
      meta: { title: t('columns.state'), width: 144 },
      cell: ({ row }) => (
        <StateBadge tone={row.original.state === 'active' ? 'ok' : 'neutral'}>
          {t(`api_tokens.states.${row.original.state}`)}
        </StateBadge>
      ),
    },
    {
      id: 'expires',
      meta: { title: t('columns.expires'), width: 120 },
      cell: ({ row }) => <RelativeTime at={row.original.expires_at} />,
    },
    {
      id: 'last_used',
      meta: { title: t('columns.last_used'), width: 150 },
      cell: ({ row }) => {
        const { last_used_at, last_used_address } = row.original;
        if (!last_used_at) return t('common.never');
        return (
          <div className={classes.stack}>
            <RelativeTime at={last_used_at} />
            {last_used_address && <span className={classes.dim}>{last_used_address}</span>}
          </div>
        );
      },
    },
    {
      id: 'created',
      meta: { title: t('columns.created'), width: 150 },
      cell: ({ row }) => (
        <div className={classes.stack}>
          <RelativeTime at={row.original.created_at} />
          <span className={classes.dim}>{row.original.created_by}</span>
        </div>
      ),
    },
    {
      id: 'actions',
      meta: { title: t('columns.actions'), width: 120 },
      cell: ({ row }) =>
        row.original.state === 'active' && (
          <RowButton
            reason={null}
            aria-label={t('api_tokens.revoke_named', { name: row.original.name })}
            onClick={() => onRevoke(row.original)}
          >
            {t('api_tokens.revoke')}
          </RowButton>
        ),
    },
  ];
}
