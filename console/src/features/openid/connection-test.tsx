import { toApiError } from '@/api/problem';
import { GuardedButton } from '@/components/guarded-button';
import { ProblemNote } from '@/components/problem-note';
import { StateBadge } from '@/components/state-badge';
import { fieldErrorText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useTestOpenid } from './openid';
import classes from './openid-page.module.css';

interface ConnectionTestProps {
  tenantId: string;
  issuer: string;
  /** What is wrong with the issuer; then there is nothing to try. */
  problem: string | null;
}

/** Asks the sign-in service for its description, before anything is saved. */
export function ConnectionTest({ tenantId, issuer, problem }: ConnectionTestProps) {
  const { t } = useTranslation();
  const test = useTestOpenid(tenantId);
  const current = test.variables === issuer;
  const refused = test.error ? toApiError(test.error).fieldErrors.get('issuer') : undefined;
  return (
    <div className={classes.test}>
      <GuardedButton
        variant="default"
        reason={problem}
        loading={test.isPending}
        onClick={() => test.mutate(issuer)}
      >
        {t('openid.test')}
      </GuardedButton>
      <div role="status" className={classes.verdict}>
        {current && test.data && (
          <>
            <StateBadge tone="ok">{t('openid.test_ok')}</StateBadge>
            <span className={classes.endpoint}>{test.data.authorization_endpoint}</span>
          </>
        )}
        {current && refused && <StateBadge tone="failed">{fieldErrorText(t, refused)}</StateBadge>}
      </div>
      {current && test.isError && !refused && <ProblemNote error={test.error} />}
    </div>
  );
}
