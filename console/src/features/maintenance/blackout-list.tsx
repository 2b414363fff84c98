import { IconPencil, IconTrash } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Blackout } from '@/api/types';
import { GuardedMenuItem } from '@/components/guarded-menu-item';
import { RowMenu } from '@/components/row-menu';
import { StateBadge } from '@/components/state-badge';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { useNow } from '@/util/use-now';
import { blackoutSpanText } from './local-span';
import classes from './maintenance.module.css';
import { maintenanceActions } from './window-rules';
import { actionsText, blackoutSentence, scopeLabel } from './window-words';

interface BlackoutListProps {
  label: string;
  blackouts: readonly Blackout[];
  /** Absent for those who may only look. */
  onDelete: ((blackout: Blackout) => void) | null;
}

export function BlackoutList({ label, blackouts, onDelete }: BlackoutListProps) {
  return (
    <ul className={classes.list} aria-label={label}>
      {blackouts.map((blackout) => (
        <BlackoutRow key={blackout.id} blackout={blackout} onDelete={onDelete} />
      ))}
    </ul>
  );
}

interface BlackoutRowProps {
  blackout: Blackout;
  onDelete: BlackoutListProps['onDelete'];
}

function BlackoutRow({ blackout, onDelete }: BlackoutRowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const { id, name, scope, definition, devices, time_zone } = blackout;
  const params = { blackoutId: id };
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <Link to="/maintenance/blackouts/$blackoutId" params={params} className={classes.name}>
          {name}
        </Link>
        <span>{blackoutSentence(t, format, definition, time_zone)}</span>
        <span className={classes.dim}>
          {[
            scopeLabel(t, scope),
            actionsText(t, format, definition.actions ?? maintenanceActions),
            t('maintenance.devices', { count: devices }),
          ].join(' · ')}
        </span>
      </div>
      <div className={classes.when}>
        <NextSpan blackout={blackout} />
      </div>
      {onDelete && (
        <RowMenu label={t('common.more_for', { name })}>
          <GuardedMenuItem
            reason={null}
            icon={<IconPencil size={16} stroke={1.7} aria-hidden />}
            onClick={() => void navigate({ to: '/maintenance/blackouts/$blackoutId', params })}
          >
            {t('common.edit')}
          </GuardedMenuItem>
          <GuardedMenuItem
            danger
            reason={null}
            icon={<IconTrash size={16} stroke={1.7} aria-hidden />}
            onClick={() => onDelete(blackout)}
          >
            {t('maintenance.delete')}
          </GuardedMenuItem>
        </RowMenu>
      )}
    </li>
  );
}

function NextSpan({ blackout }: { blackout: Blackout }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const span = blackout.coming[0];
  if (!span) return <span className={classes.dim}>{t('maintenance.blackouts.over')}</span>;
  const hint = blackoutSpanText(t, format, span);
  if (Date.parse(span.starts_at) > now) {
    return (
      <>
        <span data-hint={hint}>
          {t('maintenance.blackouts.next', { time: format.weekday(span.local_starts_at) })}
        </span>
        <span className={classes.dim}>{format.relative(span.starts_at, now)}</span>
      </>
    );
  }
  return (
    <StateBadge tone="attention" hint={hint}>
      {t('maintenance.blackouts.on_until', {
        time: format.moment(span.local_ends_at ?? span.local_starts_at),
      })}
    </StateBadge>
  );
}
