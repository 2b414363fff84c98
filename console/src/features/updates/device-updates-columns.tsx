import type { TFunction } from 'i18next';
import type { Update } from '@/api/types';
import { StateBadge, type Tone } from '@/components/state-badge';
import type { DataColumn } from '@/components/table/data-table';
import { useTranslation } from '@/i18n/use-translation';
import type { Format } from '@/util/format';
import classes from './device-updates.module.css';

const categoryTones: Partial<Record<Update['category'], Tone>> = {
  critical: 'failed',
  security: 'attention',
};

/** What an administrator searches for: the KB on Windows, the package on Linux. */
function identifier(update: Update): string | null {
  return update.kb ?? update.package ?? null;
}

function UpdateTitle({ update }: { update: Update }) {
  const { t } = useTranslation();
  const id = identifier(update);
  const restart = update.may_restart === 'unknown' ? null : t(`may_restart.${update.may_restart}`);
  const below = [id && id !== update.title ? id : null, restart].filter(Boolean).join(' · ');
  return (
    <div className={classes.title}>
      <span className={classes.name} data-hint={update.title}>
        {update.title}
      </span>
      {below && <span className={classes.dim}>{below}</span>}
    </div>
  );
}

function UpdateVersion({ update }: { update: Update }) {
  const { t } = useTranslation();
  const { installed_version: from, available_version: to } = update;
  if (!to) return null;
  const text = from ? t('updates.version_change', { from, to }) : to;
  return (
    <div className={classes.title} data-hint={text}>
      <span className={classes.name}>{to}</span>
      {from && <span className={classes.dim}>{from}</span>}
    </div>
  );
}

function Category({ update }: { update: Update }) {
  const { t } = useTranslation();
  const text = t(`update_categories.${update.category}`);
  const tone = categoryTones[update.category];
  return tone ? <StateBadge tone={tone}>{text}</StateBadge> : text;
}

export function deviceUpdatesColumns(
  t: TFunction,
  format: Format,
  updates: readonly Update[],
): DataColumn<Update>[] {
  const withSeverity = updates.some(({ severity }) => severity);
  const withVersion = updates.some(({ available_version }) => available_version);
  const version: DataColumn<Update> = {
    id: 'version',
    meta: { title: t('columns.version'), width: 220 },
    cell: ({ row }) => <UpdateVersion update={row.original} />,
  };
  const severity: DataColumn<Update> = {
    id: 'severity',
    meta: { title: t('columns.severity'), width: 120 },
    cell: ({ row }) => row.original.severity && t(`severities.${row.original.severity}`),
  };
  return [
    {
      id: 'update',
      meta: { title: t('columns.update') },
      cell: ({ row }) => <UpdateTitle update={row.original} />,
    },
    ...(withVersion ? [version] : []),
    {
      id: 'category',
      meta: { title: t('columns.category'), width: 160 },
      cell: ({ row }) => <Category update={row.original} />,
    },
    ...(withSeverity ? [severity] : []),
    {
      id: 'size',
      meta: { title: t('columns.size'), width: 110, align: 'end' },
      cell: ({ row }) =>
        typeof row.original.size_bytes === 'number'
          ? format.bytes(row.original.size_bytes)
          : t('common.unknown'),
    },
    {
      id: 'released',
      meta: { title: t('columns.released'), width: 130, align: 'end' },
      cell: ({ row }) =>
        row.original.released_at ? format.date(row.original.released_at) : t('common.unknown'),
    },
  ];
}
