import { Switch } from '@mantine/core';
import {
  IconBuilding,
  IconCopy,
  IconDeviceDesktop,
  IconFolder,
  IconPencil,
  IconTrash,
} from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Group, MaintenanceWindow, ScopeReference } from '@/api/types';
import { GuardedMenuItem } from '@/components/guarded-menu-item';
import { RowMenu } from '@/components/row-menu';
import { StateBadge } from '@/components/state-badge';
import { sameScope } from '@/features/policies/policy-rules';
import { groupOptions } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { useReplaceWindow } from './maintenance';
import classes from './maintenance.module.css';
import { NextOpening } from './next-opening';
import { actionsText, scopeLabel, validityText, windowSentence } from './window-words';

const icons = { tenant: IconBuilding, group: IconFolder, device: IconDeviceDesktop };

interface WindowListProps {
  label: string;
  windows: readonly MaintenanceWindow[];
  groups: readonly Group[];
  /** Absent for those who may only look. */
  onDelete: ((window: MaintenanceWindow) => void) | null;
}

interface Place {
  scope: ScopeReference;
  windows: MaintenanceWindow[];
}

/** The tenant's, then its groups' in the order of their paths, then single devices'. */
export function placesOf(windows: readonly MaintenanceWindow[], groups: readonly Group[]): Place[] {
  const places: Place[] = [];
  for (const window of windows) {
    const place = places.find(({ scope }) => sameScope(scope, window.scope));
    if (place) place.windows.push(window);
    else places.push({ scope: window.scope, windows: [window] });
  }
  const paths = groupOptions(groups).map(({ value }) => value);
  const rank = ({ kind, group_id }: ScopeReference) =>
    kind === 'tenant' ? -1 : kind === 'group' ? paths.indexOf(group_id ?? '') : paths.length;
  return places.toSorted(
    (one, other) =>
      rank(one.scope) - rank(other.scope) ||
      (one.scope.name ?? '').localeCompare(other.scope.name ?? ''),
  );
}

export function WindowList({ label, windows, groups, onDelete }: WindowListProps) {
  const { t } = useTranslation();
  const names = new Map(groupOptions(groups).map(({ value, label: path }) => [value, path]));
  return (
    <ul className={classes.list} aria-label={label}>
      {placesOf(windows, groups).map(({ scope, windows: inside }) => {
        const Icon = icons[scope.kind];
        const path = names.get(scope.group_id ?? '');
        return (
          <li key={`${scope.kind} ${scope.group_id} ${scope.device_id}`} className={classes.place}>
            <div className={classes.group}>
              <span className={classes.groupName}>
                <Icon size={15} stroke={1.8} aria-hidden />
                {scopeLabel(t, path ? { ...scope, name: path } : scope)}
              </span>
            </div>
            <ul className={classes.list}>
              {inside.map((window) => (
                <WindowRow key={window.id} window={window} onDelete={onDelete} />
              ))}
            </ul>
          </li>
        );
      })}
    </ul>
  );
}

interface WindowRowProps {
  window: MaintenanceWindow;
  onDelete: WindowListProps['onDelete'];
}

function WindowRow({ window, onDelete }: WindowRowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { id, name, enabled, definition, devices, overlaps } = window;
  const more = [
    actionsText(t, format, definition.actions),
    t('maintenance.devices', { count: devices }),
    validityText(t, format, definition),
  ];
  return (
    <li className={classes.row}>
      <div className={classes.what} data-off={!enabled}>
        <Link
          to="/maintenance/windows/$windowId"
          params={{ windowId: id }}
          className={classes.name}
        >
          {name}
        </Link>
        <span>{windowSentence(t, format, definition)}</span>
        <span className={classes.dim}>{more.filter(Boolean).join(' · ')}</span>
        {overlaps.length > 0 && (
          <StateBadge tone="attention">
            {t('maintenance.overlap.with', {
              names: format.list(overlaps.map((other) => t('maintenance.why.name', other))),
            })}
          </StateBadge>
        )}
      </div>
      <div className={classes.when}>
        <NextOpening window={window} />
      </div>
      {onDelete ? (
        <EnabledSwitch window={window} />
      ) : (
        <StateBadge tone={enabled ? 'ok' : 'neutral'}>
          {t(enabled ? 'maintenance.on' : 'maintenance.off')}
        </StateBadge>
      )}
      {onDelete && <WindowMenu window={window} onDelete={() => onDelete(window)} />}
    </li>
  );
}

function EnabledSwitch({ window }: { window: MaintenanceWindow }) {
  const { t } = useTranslation();
  const replace = useReplaceWindow();
  const { id, name, definition, version, scope } = window;
  const shown = replace.isPending ? replace.variables.change.enabled : window.enabled;
  return (
    <Switch
      size="sm"
      aria-label={`${t('maintenance.enabled')}: ${name}`}
      checked={shown}
      error={replace.isError}
      onChange={(event) =>
        replace.mutate({
          id,
          change: {
            version,
            name,
            definition,
            enabled: event.currentTarget.checked,
            group_id: scope.group_id ?? null,
            device_id: scope.device_id ?? null,
          },
        })
      }
    />
  );
}

function WindowMenu({ window, onDelete }: { window: MaintenanceWindow; onDelete: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <RowMenu label={t('common.more_for', { name: window.name })}>
      <GuardedMenuItem
        reason={null}
        icon={<IconPencil size={16} stroke={1.7} aria-hidden />}
        onClick={() =>
          void navigate({
            to: '/maintenance/windows/$windowId',
            params: { windowId: window.id },
          })
        }
      >
        {t('common.edit')}
      </GuardedMenuItem>
      <GuardedMenuItem
        reason={null}
        icon={<IconCopy size={16} stroke={1.7} aria-hidden />}
        onClick={() =>
          void navigate({
            to: '/maintenance/windows/new',
            search: { tenant: window.tenant_id, copy: window.id },
          })
        }
      >
        {t('maintenance.copy')}
      </GuardedMenuItem>
      <GuardedMenuItem
        danger
        reason={null}
        icon={<IconTrash size={16} stroke={1.7} aria-hidden />}
        onClick={onDelete}
      >
        {t('maintenance.delete')}
      </GuardedMenuItem>
    </RowMenu>
  );
}
