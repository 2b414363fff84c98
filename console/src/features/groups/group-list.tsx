import { Menu } from '@mantine/core';
import { IconArrowMoveRight, IconFolder, IconPencil, IconTrash } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Group } from '@/api/types';
import { RowButton } from '@/components/guarded-button';
import { GuardedMenuItem } from '@/components/guarded-menu-item';
import { RowMenu } from '@/components/row-menu';
import { ActionMenuItems } from '@/features/actions/action-menu-items';
import type { Wish } from '@/features/actions/schedule';
import { useTranslation } from '@/i18n/use-translation';
import type { GroupNode } from './group-tree';
import classes from './groups-page.module.css';

export type GroupTask = 'create' | 'rename' | 'move' | 'delete';

export type AskOnGroup = (wish: Wish, group: Group) => void;

interface GroupListProps {
  nodes: readonly GroupNode[];
  tenantId: string;
  label?: string;
  onTask: (task: GroupTask, group: Group) => void;
  onAsk: AskOnGroup;
}

/** Lists within lists, as the groups lie within groups. */
export function GroupList({ nodes, tenantId, label, onTask, onAsk }: GroupListProps) {
  return (
    <ul className={classes.list} aria-label={label}>
      {nodes.map((node) => (
        <li key={node.group.id}>
          <GroupRow node={node} tenantId={tenantId} onTask={onTask} onAsk={onAsk} />
          {node.children.length > 0 && (
            <GroupList nodes={node.children} tenantId={tenantId} onTask={onTask} onAsk={onAsk} />
          )}
        </li>
      ))}
    </ul>
  );
}

interface GroupRowProps {
  node: GroupNode;
  tenantId: string;
  onTask: (task: GroupTask, group: Group) => void;
  onAsk: AskOnGroup;
}

function GroupRow({ node, tenantId, onTask, onAsk }: GroupRowProps) {
  const { t } = useTranslation();
  const { group } = node;
  const elsewhere = node.devices > group.devices;
  return (
    <div className={classes.row}>
      <span className={classes.group}>
        <IconFolder size={17} stroke={1.7} aria-hidden className={classes.icon} />
        <span className={classes.name}>{group.name}</span>
        <Link
          to="/devices"
          search={{ tenant: tenantId, group: group.id }}
          className={classes.count}
          data-hint={elsewhere ? t('groups.devices_within', { count: node.devices }) : undefined}
        >
          {t('updates.selected', { count: group.devices })}
        </Link>
      </span>
      <span className={classes.actions}>
        <RowButton
          reason={null}
          aria-label={t('groups.create_in', { name: group.name })}
          onClick={() => onTask('create', group)}
        >
          {t('groups.create_inside')}
        </RowButton>
        <RowMenu label={t('common.more_for', { name: group.name })}>
          <Menu.Label>{t('actions.on_group')}</Menu.Label>
          <ActionMenuItems
            reason={node.devices === 0 ? t('disabled.no_devices') : null}
            onAsk={(wish) => onAsk(wish, group)}
          />
          <Menu.Divider />
          <GuardedMenuItem
            reason={null}
            icon={<IconPencil size={16} stroke={1.7} aria-hidden />}
            onClick={() => onTask('rename', group)}
          >
            {t('groups.rename')}
          </GuardedMenuItem>
          <GuardedMenuItem
            reason={null}
            icon={<IconArrowMoveRight size={16} stroke={1.7} aria-hidden />}
            onClick={() => onTask('move', group)}
          >
            {t('groups.move')}
          </GuardedMenuItem>
          <GuardedMenuItem
            danger
            reason={null}
            icon={<IconTrash size={16} stroke={1.7} aria-hidden />}
            onClick={() => onTask('delete', group)}
          >
            {t('groups.delete')}
          </GuardedMenuItem>
        </RowMenu>
      </span>
    </div>
  );
}
