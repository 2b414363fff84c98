import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Device, DeviceUpdatePolicy, ScopeReference } from '@/api/types';
import { LoadingBlock } from '@/components/loading-block';
import { Card, Fact, Facts } from '@/components/page';
import { ProblemNote } from '@/components/problem-note';
import { StateBadge } from '@/components/state-badge';
import { useCan } from '@/features/session/session';
import { updateCategories } from '@/features/updates/update-search';
import { useTranslation } from '@/i18n/use-translation';
import { devicePolicyQuery } from './policies';
import classes from './policies.module.css';
import { switches } from './policy-rules';
import { deadlineText, restartText, ringName, ruleText, scopeText } from './policy-words';

/** What applies to updates of a device, and who says so. */
export function DevicePolicyCard({ device }: { device: Device }) {
  const { t } = useTranslation();
  const query = useQuery(devicePolicyQuery(device.id));
  const mayChange = useCan('manage_update_policies');
  const rules = query.data;
  const own = rules?.policies.find(({ scope }) => scope.kind === 'device');
  const actions = rules && mayChange && (
    <Link
      to={own ? '/settings/update-policies/$policyId' : '/settings/update-policies/new'}
      params={{ policyId: own?.id ?? '' }}
      search={own ? {} : { tenant: device.tenant.id, device: device.id }}
    >
      {t(own ? 'policies.here.edit' : 'policies.here.create')}
    </Link>
  );
  return (
    <Card title={t('policies.here.title')} actions={actions || undefined}>
      {query.isPending && <LoadingBlock height={160} />}
      {query.isError && !rules && <ProblemNote error={query.error} />}
      {rules && <Rules rules={rules} device={device} />}
    </Card>
  );
}

function Rules({ rules, device }: { rules: DeviceUpdatePolicy; device: Device }) {
  const tenant = device.tenant.name;
  const { t } = useTranslation();
  /** The scope of this kind that says something, by name: the first one asked is the nearest. */
  const whose = (say: (policy: DeviceUpdatePolicy['policies'][number]) => boolean) => {
    const scope: ScopeReference | undefined = rules.policies.find(say)?.scope;
    return scope ? scopeText(t, scope, tenant) : null;
  };
  const { categories, deadline, ring, restart, decisions } = rules;
  const said = [...categories, ...decisions, deadline, ring, restart];
  const windows = device.os.family === 'windows' ? switches.filter((name) => rules[name]) : [];
  if (![...said, ...windows].some(Boolean)) {
    return <p className={classes.none}>{t('policies.here.nothing')}</p>;
  }
  return (
    <>
      <div className={classes.facts}>
        <Facts>
          <Fact name={t('policies.deadline_title')}>
            {deadline ? deadlineText(t, deadline.days) : t('policies.deadline_none')}
            {deadline && (
              <div className={classes.dim}>
                {whose((policy) => typeof policy.rules.deadline_days === 'number')}
              </div>
            )}
          </Fact>
          <Fact name={t('policies.ring_title')}>
            {ring ? ring.name || ringName(t, ring.number, []) : t('policies.here.no_rings')}
            {ring && (
              <div className={classes.dim}>
                {ring.scope
                  ? whose((policy) => typeof policy.rules.ring === 'number')
                  : t('policies.here.last_ring')}
              </div>
            )}
          </Fact>
          <Fact name={t('policies.restart.title')}>
            {restart ? restartText(t, restart.rule) : t('policies.rule.manual')}
            {restart && (
              <div className={classes.dim}>{whose((policy) => policy.rules.restart != null)}</div>
            )}
          </Fact>
          {windows.map((name) => (
            <Fact key={name} name={t(`policies.windows.${name}.label`)}>
              {t(`policies.windows.${name}.${rules[name]?.value ?? 'off'}`)}
              <div className={classes.dim}>{whose((policy) => policy.rules[name] != null)}</div>
            </Fact>
          ))}
        </Facts>
      </div>
      <ul className={classes.rules} aria-label={t('policies.categories_title')}>
        {categories.map(({ rule }) => (
          <li key={rule.category}>
            <span>{t(`update_categories.${rule.category}`)}</span>
            <span>
              {ruleText(t, rule)}
              <div className={classes.dim}>
                {whose((policy) =>
                  policy.rules.categories.some(({ category }) => category === rule.category),
                )}
              </div>
            </span>
          </li>
        ))}
      </ul>
      {categories.length < updateCategories.length && (
        <p className={classes.dim}>{t('policies.here.others')}</p>
      )}
      {decisions.length > 0 && (
        <>
          <h3 className={classes.subtitle}>{t('policies.views.decisions')}</h3>
          <ul className={classes.rules}>
            {decisions.map((decision) => (
              <li key={decision.id}>
                <StateBadge tone={decision.verdict === 'block' ? 'failed' : 'ok'}>
                  {t(`policies.verdicts.${decision.verdict}`)}
                </StateBadge>
                <span>
                  {decision.update.value}
                  <div className={classes.dim}>{scopeText(t, decision.scope, tenant)}</div>
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
