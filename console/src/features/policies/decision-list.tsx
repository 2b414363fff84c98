import { Button } from '@mantine/core';
import { IconBan, IconCircleCheck } from '@tabler/icons-react';
import { useState } from 'react';
import type { UpdateDecision } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { RelativeTime } from '@/components/relative-time';
import { StateBadge } from '@/components/state-badge';
import { useCan, useSession } from '@/features/session/session';
import { useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { useWithdrawDecision } from './policies';
import classes from './policies.module.css';
import { decisionMark, scopeText } from './policy-words';

export function VerdictBadge({ verdict }: Pick<UpdateDecision, 'verdict'>) {
  const { t } = useTranslation();
  return (
    <StateBadge
      tone={verdict === 'block' ? 'failed' : 'ok'}
      icon={verdict === 'block' ? IconBan : IconCircleCheck}
    >
      {t(`policies.verdicts.${verdict}`)}
    </StateBadge>
  );
}

function useTenantName(): (id: string) => string {
  const tenants = useTenants();
  const { tenant } = useSession();
  return (id) => tenants.find((one) => one.id === id)?.name ?? tenant.name;
}

interface DecisionListProps {
  decisions: readonly UpdateDecision[];
  /** Whether the update is named; on its own page it need not be. */
  withUpdate: boolean;
  label?: string;
}

/** Decisions on updates, each with who, when and why, and the way to take it back. */
export function DecisionList({ decisions, withUpdate, label }: DecisionListProps) {
  const { t } = useTranslation();
  const mayChange = useCan('manage_update_policies');
  const nameOf = useTenantName();
  const several = useTenants().length > 1;
  const withdraw = useWithdrawDecision();
  const [leaving, setLeaving] = useState<UpdateDecision | null>(null);
  return (
    <>
      <ul className={classes.decisions} aria-label={label}>
        {decisions.map((decision) => {
          const { id, verdict, update, scope, note, decided_at, decided_by } = decision;
          const tenant = nameOf(decision.tenant_id);
          const place = scopeText(t, scope, tenant);
          // Groups of several tenants may have the same name.
          const named = several && !withUpdate && scope.kind !== 'tenant';
          const where = named ? [place, tenant].join(' · ') : place;
          return (
            <li key={id} className={classes.decision}>
              <span className={classes.verdict}>
                <VerdictBadge verdict={verdict} />
              </span>
              <span className={classes.decided}>
                <span>{withUpdate ? <strong>{update.value}</strong> : where}</span>
                {withUpdate && <span>{where}</span>}
                {note !== '' && (
                  <span className={classes.note}>{t('policies.note', { note })}</span>
                )}
                <span className={classes.dim}>
                  {decided_by}
                  {' · '}
                  <RelativeTime at={decided_at} />
                </span>
              </span>
              {mayChange && (
                <Button
                  variant="default"
                  aria-label={t('policies.withdraw_named', { name: update.value, where })}
                  onClick={() => setLeaving(decision)}
                >
                  {t('policies.withdraw')}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {leaving && (
        <ConfirmDialog
          opened
          above
          harmless
          title={t(`policies.withdraw_${leaving.verdict}_title`, { name: leaving.update.value })}
          body={t(`policies.withdraw_${leaving.verdict}_body`, {
            where: scopeText(t, leaving.scope, nameOf(leaving.tenant_id)),
          })}
          confirm={t('policies.withdraw_confirm')}
          busy={withdraw.isPending}
          error={withdraw.error}
          onConfirm={() => withdraw.mutate(leaving.id, { onSuccess: () => setLeaving(null) })}
          onClose={() => setLeaving(null)}
        />
      )}
    </>
  );
}

interface DecisionMarkProps {
  decisions: readonly UpdateDecision[];
  update: Parameters<typeof decisionMark>[1];
}

/** Marks an update in a list as blocked or approved, with where in the hint. */
export function DecisionMark({ decisions, update }: DecisionMarkProps) {
  const { t } = useTranslation();
  const nameOf = useTenantName();
  const mark = decisionMark(decisions, update);
  if (!mark) return null;
  const hint = mark.decisions
    .map((decision) =>
      t('policies.mark', {
        verdict: t(`policies.verdicts.${decision.verdict}`),
        where: scopeText(t, decision.scope, nameOf(decision.tenant_id)),
      }),
    )
    .join('\n');
  return (
    <span className={classes.marks} data-hint={hint}>
      <VerdictBadge verdict={mark.verdict} />
    </span>
  );
}
