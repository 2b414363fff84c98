import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { MaintenanceAction, MaintenanceExplanation } from '@/api/types';
import { LoadingBlock } from '@/components/loading-block';
import { Card, Fact, Facts } from '@/components/page';
import { ProblemNote } from '@/components/problem-note';
import { StateBadge } from '@/components/state-badge';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import {
  blackoutStandingText,
  blockerText,
  type DeviceClock,
  decidedByText,
  deviceClock,
  type StandingText,
  verdictText,
  windowStandingText,
} from './explanation-words';
import { explanationQuery } from './maintenance';
import classes from './why-not-now.module.css';
import { SpanList } from './window-preview';
import { maintenanceActions } from './window-rules';
import { scopeLabel } from './window-words';

interface WhyNotNowProps {
  deviceId: string;
  /** Only this kind of work; without it, the reader chooses. */
  only?: MaintenanceAction;
}

/** The whole reasoning: the verdict, who decided, what lost, what else is in the way. */
export function WhyNotNow({ deviceId, only }: WhyNotNowProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<MaintenanceAction>('update');
  const action = only ?? chosen;
  const query = useQuery(explanationQuery(deviceId, action));
  const choice = !only && (
    <SegmentedControl
      size="xs"
      aria-label={t('maintenance.why.actions')}
      value={action}
      data={maintenanceActions.map((value) => ({
        value,
        label: t(`maintenance.actions_long.${value}`),
      }))}
      onChange={(value) =>
        setChosen(maintenanceActions.find((known) => known === value) ?? 'update')
      }
    />
  );
  return (
    <Card title={t('maintenance.why.title')} actions={choice || undefined}>
      {query.isPending && <LoadingBlock height={150} />}
      {query.isError && !query.data && <ProblemNote error={query.error} />}
      {query.data && <Reasoning explanation={query.data} />}
    </Card>
  );
}

export function Reasoning({ explanation }: { explanation: MaintenanceExplanation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { open, because, time_zone, zone_source, local_at, blockers } = explanation;
  const clock = deviceClock(format, time_zone);
  const zone = time_zone.replaceAll('_', ' ');
  const tone = open ? 'ok' : because === 'blackout' ? 'failed' : 'waiting';
  return (
    <div className={classes.reasoning}>
      <p className={classes.verdict} data-tone={tone} aria-live="polite">
        <StateBadge tone={tone}>{verdictText(t, format, explanation, clock)}</StateBadge>
      </p>
      {blockers.length > 0 && (
        <Part title={t('maintenance.why.blockers')}>
          <ul className={classes.list}>
            {blockers.map((blocker) => (
              <li key={blocker.kind}>
                <StateBadge tone="attention">{blockerText(t, blocker, clock)}</StateBadge>
              </li>
            ))}
          </ul>
        </Part>
      )}
      <div className={classes.columns}>
        <div className={classes.column}>
          <Facts>
            <Fact name={t('maintenance.why.decides')}>{decidedByText(t, explanation)}</Fact>
            <Fact name={t('maintenance.why.clock')}>
              {t(
                zone_source === 'tenant'
                  ? 'maintenance.why.clock_tenant'
                  : 'maintenance.why.clock_own',
                { time: format.moment(local_at), zone },
              )}
            </Fact>
          </Facts>
          <Windows explanation={explanation} clock={clock} />
          <Blackouts explanation={explanation} clock={clock} />
        </div>
        <Part title={t('maintenance.why.openings')}>
          <Openings explanation={explanation} />
        </Part>
      </div>
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.part} aria-label={title}>
      <h3 className={classes.subtitle}>{title}</h3>
      {children}
    </section>
  );
}

interface ListProps {
  explanation: MaintenanceExplanation;
  clock: DeviceClock;
}

function Windows({ explanation, clock }: ListProps) {
  const { t } = useTranslation();
  const { windows } = explanation;
  return (
    <Part title={t('maintenance.why.windows')}>
      {windows.length === 0 && <p className={classes.dim}>{t('maintenance.why.no_windows')}</p>}
      <ul className={classes.list}>
        {windows.map((window) => (
          <li key={window.id}>
            <Link to="/maintenance/windows/$windowId" params={{ windowId: window.id }}>
              {window.name}
            </Link>
            <span className={classes.dim}>{scopeLabel(t, window.scope)}</span>
            <Standing standing={windowStandingText(t, window, clock)} />
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Blackouts({ explanation, clock }: ListProps) {
  const { t } = useTranslation();
  const { blackouts } = explanation;
  if (blackouts.length === 0) return null;
  return (
    <Part title={t('maintenance.why.blackouts')}>
      <ul className={classes.list}>
        {blackouts.map((blackout) => (
          <li key={blackout.id}>
            <Link to="/maintenance/blackouts/$blackoutId" params={{ blackoutId: blackout.id }}>
              {blackout.name}
            </Link>
            <span className={classes.dim}>{scopeLabel(t, blackout.scope)}</span>
            <Standing standing={blackoutStandingText(t, blackout, clock)} />
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Standing({ standing }: { standing: StandingText }) {
  return (
    <span className={classes.standing}>
      <StateBadge tone={standing.tone}>{standing.text}</StateBadge>
    </span>
  );
}

function Openings({ explanation }: { explanation: MaintenanceExplanation }) {
  const { t } = useTranslation();
  const { openings, open } = explanation;
  const endless = open && openings[0] && openings[0].ends_at == null;
  if (endless) return <p className={classes.dim}>{t('maintenance.why.always')}</p>;
  return <SpanList spans={openings} empty={t('maintenance.why.no_openings')} />;
}
