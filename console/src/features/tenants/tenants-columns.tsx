import { Menu, Progress } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import type { Tenant } from '@/api/types';
import { RowButton } from '@/components/guarded-button';
import { GuardedMenuItem } from '@/components/guarded-menu-item';
import { RowMenu } from '@/components/row-menu';
import { StateBadge } from '@/components/state-badge';
import classes from '@/components/table/cells.module.css';
import type { DataColumn } from '@/components/table/data-table';
import { Name } from '@/components/table/name';
import { ActionMenuItems } from '@/features/actions/action-menu-items';
import type { Wish } from '@/features/actions/schedule';
import { disabledText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import pageClasses from './tenants-page.module.css';

export type TenantTask = 'edit' | 'delete';

interface TenantsColumnsOptions {
  t: TFunction;
  mayEdit: boolean;
  onTask: (task: TenantTask, tenant: Tenant) => void;
  onAsk: (wish: Wish, tenant: Tenant) => void;
}

export function tenantsColumns(options: TenantsColumnsOptions): DataColumn<Tenant>[] {
  const { t, mayEdit, onTask, onAsk } = options;
  return [
    {
      id: 'name',
      meta: { title: t('columns.name'), atLeast: 190 },
      cell: ({ row }) => <TenantName tenant={row.original} />,
    },
    {
      id: 'devices',
      meta: { title: t('columns.devices'), width: 110, align: 'end' },
      cell: ({ row }) => (
        <Link to="/devices" search={{ tenant: row.original.id }}>
          <Count value={row.original.devices} />
        </Link>
      ),
    },
    {
      id: 'people',
      meta: { title: t('columns.people'), width: 110, align: 'end' },
      cell: ({ row }) => (
        <Link to="/settings/users" search={{ tenant: row.original.id }}>
          <Count value={row.original.users} />
        </Link>
      ),
    },
    {
      id: 'time_zone',
      meta: { title: t('columns.time_zone'), width: 180 },
      cell: ({ row }) => <Name name={row.original.time_zone.replaceAll('_', ' ')} />,
    },
    {
      id: 'retention',
      meta: { title: t('columns.retention'), width: 150 },
      cell: ({ row }) => {
        const days = row.original.audit_retention_days ?? null;
        return days === null ? t('tenants.retention_for_ever') : t('common.days', { count: days });
      },
    },
    {
      id: 'state',
      meta: { title: t('columns.state'), width: 190 },
      cell: ({ row }) => <TenantState tenant={row.original} />,
    },
    {
      id: 'actions',
      meta: { title: t('columns.actions'), width: 126 },
      cell: ({ row }) => (
        <TenantActions tenant={row.original} mayEdit={mayEdit} onTask={onTask} onAsk={onAsk} />
      ),
    },
  ];
}

function Count({ value }: { value: number }) {
  const format = useFormat();
  return format.number(value);
}

function TenantName({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  return (
    <div className={classes.stack}>
      <Name strong name={tenant.name} />
      {tenant.kind === 'provider' && <span className={classes.dim}>{t('tenants.provider')}</span>}
    </div>
  );
}

function TenantState({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { deletion } = tenant;
  if (!deletion) return <StateBadge tone="ok">{t('tenants.active')}</StateBadge>;
  const { rows, rows_done } = deletion;
  const percent = rows > 0 ? Math.min(100, Math.floor((rows_done / rows) * 100)) : 0;
  const progress = t('tenants.deletion_progress', { done: rows_done, total: rows });
  return (
    <div
      className={pageClasses.deletion}
      data-hint={`${t('tenants.deletion_by', { name: deletion.requested_by })}\n${progress}`}
    >
      <span>{t('tenants.deleting', { percent: format.number(percent) })}</span>
      <Progress.Root size="sm">
        <Progress.Section
          value={percent}
          color="red.8"
          aria-label={t('tenants.deletion_of', { name: tenant.name })}
        />
      </Progress.Root>
    </div>
  );
}

interface TenantActionsProps {
  tenant: Tenant;
  mayEdit: boolean;
  onTask: (task: TenantTask, tenant: Tenant) => void;
  onAsk: (wish: Wish, tenant: Tenant) => void;
}

function TenantActions({ tenant, mayEdit, onTask, onAsk }: TenantActionsProps) {
  const { t } = useTranslation();
  const deleting = tenant.deletion ? disabledText(t, 'tenant_being_deleted') : null;
  const stays = tenant.kind === 'provider' ? disabledText(t, 'provider_stays') : null;
  return (
    <div className={classes.actions}>
      {mayEdit && (
        <RowButton
          reason={deleting}
          aria-label={t('tenants.edit_named', { name: tenant.name })}
          onClick={() => onTask('edit', tenant)}
        >
          {t('common.edit')}
        </RowButton>
      )}
      <RowMenu label={t('common.more_for', { name: tenant.name })}>
        <Menu.Label>{t('actions.on_tenant')}</Menu.Label>
        <ActionMenuItems
          reason={deleting ?? (tenant.devices === 0 ? t('disabled.no_devices') : null)}
          onAsk={(wish) => onAsk(wish, tenant)}
        />
        <Menu.Divider />
        <GuardedMenuItem
          danger
          reason={deleting ?? stays}
          icon={<IconTrash size={16} stroke={1.7} aria-hidden />}
          onClick={() => onTask('delete', tenant)}
        >
          {t('tenants.delete')}
        </GuardedMenuItem>
      </RowMenu>
    </div>
  );
}
