import { useQuery } from '@tanstack/react-query';
import { LoadingBlock } from '@/components/loading-block';
import { Card } from '@/components/page';
import { ProblemNote } from '@/components/problem-note';
import { useTranslation } from '@/i18n/use-translation';
import type { DecidedUpdate } from './decision-dialog';
import { DecisionList } from './decision-list';
import { DecisionButtons } from './decision-menu';
import { decisionsQuery } from './policies';
import classes from './policies.module.css';
import { isAbout } from './policy-words';

interface UpdateDecisionsProps {
  update: DecidedUpdate;
  tenantId: string | undefined;
}

/** What people decided on one update, and the way to decide. */
export function UpdateDecisions({ update, tenantId }: UpdateDecisionsProps) {
  const { t } = useTranslation();
  const query = useQuery(decisionsQuery(tenantId));
  const decisions = (query.data?.items ?? []).filter((one) => isAbout(one.update, update));
  return (
    <Card title={t('policies.views.decisions')}>
      <div className={classes.rolloutActions}>
        <DecisionButtons update={update} tenantId={tenantId} />
      </div>
      {query.isPending && <LoadingBlock height={40} mt={10} />}
      {query.isError && !query.data && <ProblemNote error={query.error} />}
      {query.data && decisions.length === 0 && (
        <p className={classes.undecided}>{t('policies.undecided')}</p>
      )}
      {decisions.length > 0 && (
        <div className={classes.bare}>
          <DecisionList
            decisions={decisions}
            withUpdate={false}
            label={t('policies.views.decisions')}
          />
        </div>
      )}
    </Card>
  );
}
