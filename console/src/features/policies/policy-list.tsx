import {
  IconBuilding,
  IconDeviceDesktop,
  IconFolder,
  IconPencil,
  IconTrash,
} from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import type { UpdatePolicy } from '@/api/types';
import { GuardedMenuItem } from '@/components/guarded-menu-item';
import { RelativeTime } from '@/components/relative-time';
import { RowMenu } from '@/components/row-menu';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import classes from './policies.module.css';
import type { PolicyNode } from './policy-tree';
import { policySummary } from './policy-words';

const icons = { tenant: IconBuilding, group: IconFolder, device: IconDeviceDesktop };

interface PolicyListProps {
  nodes: readonly PolicyNode[];
  label?: string;
  /** Absent for those who may only look. */
  onDelete: ((policy: UpdatePolicy) => void) | null;
}

/** Lists within lists, as scopes lie within scopes. */
export function PolicyList({ nodes, label, onDelete }: PolicyListProps) {
  return (
    <ul className={classes.list} aria-label={label}>
      {nodes.map((node) => (
        <li key={node.id}>
          <PolicyRow node={node} onDelete={onDelete} />
          {node.children.length > 0 && <PolicyList nodes={node.children} onDelete={onDelete} />}
        </li>
      ))}
    </ul>
  );
}

function PolicyRow({
  node,
  onDelete,
}: {
  node: PolicyNode;
  onDelete: PolicyListProps['onDelete'];
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const { kind, name, policy, rings } = node;
  const Icon = icons[kind];
  const title = kind === 'tenant' ? t('policies.all_devices') : name;
  return (
    <div className={classes.row}>
      <Icon size={17} stroke={1.7} aria-hidden className={classes.icon} />
      <div className={classes.what}>
        {policy ? (
          <Link
            to="/settings/update-policies/$policyId"
            params={{ policyId: policy.id }}
            className={classes.name}
          >
            {title}
          </Link>
        ) : (
          <span className={classes.name} data-without>
            {title}
          </span>
        )}
        <span className={policy ? classes.summary : classes.dim}>
          {policy
            ? policySummary(t, format, policy.rules, rings)
            : t(kind === 'tenant' ? 'policies.none' : 'policies.none_here')}
        </span>
      </div>
      {policy && (
        <span className={classes.by}>
          {policy.updated_by}
          {' · '}
          <RelativeTime at={policy.updated_at} />
        </span>
      )}
      {policy && onDelete && (
        <PolicyMenu name={title} policy={policy} onDelete={() => onDelete(policy)} />
      )}
    </div>
  );
}

interface PolicyMenuProps {
  name: string;
  policy: UpdatePolicy;
  onDelete: () => void;
}

function PolicyMenu({ name, policy, onDelete }: PolicyMenuProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <RowMenu label={t('common.more_for', { name })}>
      <GuardedMenuItem
        reason={null}
        icon={<IconPencil size={16} stroke={1.7} aria-hidden />}
        onClick={() =>
          void navigate({
            to: '/settings/update-policies/$policyId',
            params: { policyId: policy.id },
          })
        }
      >
        {t('common.edit')}
      </GuardedMenuItem>
      <GuardedMenuItem
        danger
        reason={null}
        icon={<IconTrash size={16} stroke={1.7} aria-hidden />}
        onClick={onDelete}
      >
        {t('policies.delete')}
      </GuardedMenuItem>
    </RowMenu>
  );
}
