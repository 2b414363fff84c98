import { useQuery } from '@tanstack/react-query';
import type { Group, UpdatePolicy } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { devicePolicyQuery, useDeletePolicy } from './policies';
import { ringNames, widerPolicies } from './policy-rules';
import { policySummary, scopeText } from './policy-words';

interface DeletePolicyDialogProps {
  policy: UpdatePolicy;
  tenant: string;
  policies: readonly UpdatePolicy[];
  groups: readonly Group[];
  onClose: () => void;
}

/** Says what holds once the policy is gone. */
export function DeletePolicyDialog(props: DeletePolicyDialogProps) {
  const { policy, tenant, policies, groups, onClose } = props;
  const { t } = useTranslation();
  const format = useFormat();
  const remove = useDeletePolicy();
  const { scope } = policy;
  const device = scope.device_id ?? '';
  const chain = useQuery({ ...devicePolicyQuery(device), enabled: device !== '' });
  const wider =
    scope.kind === 'device'
      ? (chain.data?.policies ?? []).filter((other) => other.scope.kind !== 'device')
      : widerPolicies(policies, groups, scope);
  const [next] = wider;
  const rings = ringNames(policies, policy.tenant_id);
  return (
    <ConfirmDialog
      opened
      title={t('policies.delete_title', { name: scopeText(t, scope, tenant) })}
      body={
        next
          ? t('policies.delete_wider', {
              whose: scopeText(t, next.scope, tenant),
              summary: policySummary(t, format, next.rules, rings),
            })
          : t(policy.rules.rings ? 'policies.delete_last_rings' : 'policies.delete_last')
      }
      confirm={t('policies.delete_confirm')}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(policy.id, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
