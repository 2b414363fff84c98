import { Button } from '@mantine/core';
import {
  IconArrowBarToRight,
  IconPlayerPause,
  IconPlayerPlay,
  IconRoute,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Rollout } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { EmptyState } from '@/components/empty-state';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Card, Page, PageIntro } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemState } from '@/components/problem-state';
import { RelativeTime } from '@/components/relative-time';
import { StateBadge, type Tone } from '@/components/state-badge';
import { useCan } from '@/features/session/session';
import { useShownTenants } from '@/features/tenants/shown-tenants';
import { useTitle } from '@/features/updates/title';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { type RolloutChange, rolloutsQuery, useChangeRollout } from './policies';
import classes from './policies.module.css';
import { PoliciesViews } from './policies-views';
import { changesOf, openIn, ringState, stoppedFirst } from './rollout-rules';

export function RolloutsPage({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  if (useCan('read_devices')) return <Rollouts tenantId={tenantId} />;
  return <ForbiddenPage title={t('policies.title')} />;
}

interface Asked {
  rollout: Rollout;
  change: RolloutChange;
}

function Rollouts({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  const titleOf = useTitle();
  const tenants = useShownTenants(tenantId);
  const list = useQuery(rolloutsQuery(tenantId));
  const request = useChangeRollout();
  const [asked, setAsked] = useState<Asked | null>(null);
  const rollouts = list.data?.items ?? [];
  const shown = tenants
    .map((tenant) => ({
      tenant,
      own: stoppedFirst(rollouts.filter(({ tenant_id }) => tenant_id === tenant.id)),
    }))
    .filter(({ own }) => own.length > 0);
  const close = () => {
    request.reset();
    setAsked(null);
  };
  return (
    <Page title={t('policies.title')} beside={<PoliciesViews />}>
      <PageIntro>{t('rollouts.intro')}</PageIntro>
      {list.isError && !list.data && (
        <ProblemState error={list.error} onRetry={() => void list.refetch()} />
      )}
      {list.isPending && <PageSkeleton />}
      {list.data && (
        <div className={classes.stack}>
          {shown.map(({ tenant, own }) => (
            <Card key={tenant.id} title={tenant.name} flush>
              <ul
                className={classes.decisions}
                aria-label={t('rollouts.of', { name: tenant.name })}
              >
                {own.map((rollout) => (
                  <RolloutItem
                    key={rollout.id}
                    rollout={rollout}
                    onAsk={(change) => setAsked({ rollout, change })}
                  />
                ))}
              </ul>
            </Card>
          ))}
          {shown.length === 0 && (
            <EmptyState
              icon={IconRoute}
              title={t('rollouts.empty_title')}
              body={t('rollouts.empty_body')}
            />
          )}
        </div>
      )}
      {asked && (
        <ConfirmDialog
          opened
          harmless={asked.change !== 'release'}
          title={t(`rollouts.${asked.change}_title`, { title: titleOf(asked.rollout) })}
          body={t(`rollouts.${asked.change}_body`)}
          confirm={t(`rollouts.${asked.change}_confirm`)}
          busy={request.isPending}
          error={request.error}
          onConfirm={() =>
            request.mutate({ id: asked.rollout.id, change: asked.change }, { onSuccess: close })
          }
          onClose={close}
        />
      )}
    </Page>
  );
}

const tones: Record<Rollout['state'], Tone> = {
  stopped_by_failures: 'failed',
  stopped_by_person: 'attention',
  running: 'working',
  complete: 'ok',
};

const icons: Record<RolloutChange, typeof IconPlayerPlay> = {
  stop: IconPlayerPause,
  resume: IconPlayerPlay,
  release: IconArrowBarToRight,
};

interface RolloutItemProps {
  rollout: Rollout;
  onAsk: (change: RolloutChange) => void;
}

function RolloutItem({ rollout, onAsk }: RolloutItemProps) {
  const { t } = useTranslation();
  const titleOf = useTitle();
  const mayChange = useCan('manage_update_policies');
  const { state, since, changed_by, kb, rings } = rollout;
  const stopped = state === 'stopped_by_failures' || state === 'stopped_by_person';
  return (
    <li className={classes.rollout}>
      <div className={classes.rolloutHead}>
        <span className={classes.decided}>
          <Link
            to="/updates/$updateId"
            params={{ updateId: rollout.update_id }}
            search={{ tenant: rollout.tenant_id }}
            className={classes.name}
          >
            {titleOf(rollout)}
          </Link>
          <span className={classes.marks}>
            <StateBadge tone={tones[state]}>{t(`rollouts.states.${state}`)}</StateBadge>
            <span className={classes.dim}>
              {kb && `${kb} · `}
              <RelativeTime at={since} />
              {changed_by && ` · ${changed_by}`}
            </span>
          </span>
        </span>
        {mayChange && (
          <span className={classes.rolloutActions}>
            {changesOf(state).map((change) => {
              const Icon = icons[change];
              return (
                <Button
                  key={change}
                  variant="default"
                  leftSection={<Icon size={16} aria-hidden />}
                  aria-label={t(`rollouts.${change}_named`, { title: titleOf(rollout) })}
                  onClick={() => onAsk(change)}
                >
                  {t(`rollouts.${change}`)}
                </Button>
              );
            })}
          </span>
        )}
      </div>
      {stopped && <p className={classes.explanation}>{t(`rollouts.explained.${state}`)}</p>}
      {rings.length === 0 ? (
        <p className={classes.none}>{t('rollouts.no_rings')}</p>
      ) : (
        <ul className={classes.ringBars} aria-label={t('policies.rings.title')}>
          {rings.map((ring, index) => (
            <li key={ring.name}>
              <span className={classes.ringTitle}>
                <span>{t('policies.ring_option', { number: index + 1, name: ring.name })}</span>
                <span className={classes.dim}>
                  {t(`rollouts.ring_states.${ringState(rollout, index + 1)}`)}
                </span>
              </span>
              <RingBar ring={ring} />
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function RingBar({ ring }: { ring: Rollout['rings'][number] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const open = openIn(ring);
  const parts = [
    { tone: 'ok', count: ring.installed, text: t('rollouts.installed', { count: ring.installed }) },
    { tone: 'failed', count: ring.failed, text: t('rollouts.failed', { count: ring.failed }) },
    { tone: 'open', count: open, text: t('rollouts.open', { count: open }) },
  ].filter(({ count }) => count > 0);
  return (
    <>
      <div className={classes.bar} aria-hidden>
        {parts.map(({ tone, count }) => (
          <span key={tone} data-tone={tone} style={{ flexGrow: count }} />
        ))}
      </div>
      <span className={classes.dim}>
        {parts.map(({ text }) => text).join(' · ')}
        {parts.length > 0 && ' · '}
        {t('rollouts.of_devices', { count: ring.devices, number: format.number(ring.offered) })}
      </span>
    </>
  );
}
