import { Alert, Button, Group as Row, Stack, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconInfoCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { Blackout, BlackoutPreviewRequest, Group, TenantReference } from '@/api/types';
import { Form } from '@/components/form/form';
import { SubmitButton } from '@/components/form/submit-button';
import { useForm } from '@/components/form/use-form';
import { LoadingBlock } from '@/components/loading-block';
import { Card } from '@/components/page';
import { ProblemNote } from '@/components/problem-note';
import { deviceProblem, groupProblem } from '@/features/policies/policy-rules';
import { ScopeFields } from '@/features/policies/scope-fields';
import { useTranslation } from '@/i18n/use-translation';
import { browserTimeZone } from '@/util/format';
import { useFormat } from '@/util/use-format';
import { ActionsField } from './actions-field';
import {
  type BlackoutDraft,
  blackoutDefinition,
  fromProblem,
  isBlackoutSound,
  monthDayProblem,
  newBlackoutOf,
  untilProblem,
  yearDayProblem,
} from './blackout-rules';
import { blackoutSpanText } from './local-span';
import { blackoutPreviewQuery, useCreateBlackout, useReplaceBlackout } from './maintenance';
import classes from './maintenance.module.css';
import { PeriodFields } from './period-fields';
import { Refusal } from './window-form';
import { SpanList } from './window-preview';
import { actionsProblem, nameProblem, scopeIds } from './window-rules';
import { blackoutSentence } from './window-words';
import { ZoneField } from './zone-field';

interface BlackoutFormProps {
  /** The one that is changed; `null` makes a new one. */
  blackout: Blackout | null;
  start: BlackoutDraft;
  tenant: TenantReference;
  groups: readonly Group[];
  mayChange: boolean;
  onReload?: () => void;
}

function useBlackoutForm(start: BlackoutDraft, refusal: unknown) {
  const { t } = useTranslation();
  return useForm<BlackoutDraft>({
    initial: start,
    refusal,
    names: {
      tenant: 'tenant_id',
      group: 'group_id',
      device: 'device_id',
      from: 'from',
      until: 'until',
      first: 'first',
      last: 'last',
      firstDay: 'first_day',
      lastDay: 'last_day',
      zone: 'time_zone',
      actions: 'actions',
    },
    problemsOf: (draft) => {
      const { period } = draft;
      const problems = {
        group: groupProblem(draft),
        device: deviceProblem(draft),
        name: nameProblem(draft.name),
        from: fromProblem(draft),
        until: untilProblem(draft),
        first: yearDayProblem(period, draft.first),
        last: yearDayProblem(period, draft.last),
        firstDay: monthDayProblem(period, draft.firstDay),
        lastDay: monthDayProblem(period, draft.lastDay),
        actions: actionsProblem(draft),
      } as const;
      return {
        group: problems.group && t(problems.group),
        device: problems.device && t(problems.device),
        name: problems.name && t(problems.name),
        from: problems.from && t(problems.from),
        until: problems.until && t(problems.until),
        first: problems.first && t(problems.first),
        last: problems.last && t(problems.last),
        firstDay: problems.firstDay && t(problems.firstDay),
        lastDay: problems.lastDay && t(problems.lastDay),
        actions: problems.actions && t(problems.actions),
      };
    },
  });
}

export function BlackoutForm(props: BlackoutFormProps) {
  const { blackout, start, tenant, groups, mayChange, onReload } = props;
  const { t } = useTranslation();
  const navigate = useNavigate();
  const create = useCreateBlackout();
  const replace = useReplaceBlackout();
  const request = blackout ? replace : create;
  const [done, setDone] = useState(false);
  const form = useBlackoutForm(start, request.error);
  const { values } = form;
  const kept = () => {
    form.kept();
    setDone(true);
  };
  const submit = form.submit(() => {
    const body = newBlackoutOf(values);
    if (blackout) {
      const { name, definition } = body;
      const change = { version: blackout.version, name, definition, ...scopeIds(values) };
      replace.mutate({ id: blackout.id, change }, { onSuccess: kept });
    } else {
      create.mutate(body, { onSuccess: kept });
    }
  });
  // Only once nothing on the page counts as unsaved any more.
  useEffect(() => {
    if (done) void navigate({ to: '/maintenance/blackouts' });
  }, [done, navigate]);

  return (
    <div className={classes.columns}>
      <Form form={form} request={request} onSubmit={submit}>
        <fieldset className={classes.fields} disabled={!mayChange}>
          <legend className="visually-hidden">{t('maintenance.blackouts.form')}</legend>
          {!mayChange && (
            <Alert color="navy" icon={<IconInfoCircle size={18} aria-hidden />}>
              {t('maintenance.blackouts.read_only')}
            </Alert>
          )}
          <Refusal form={form} onReload={onReload} />
          <Card title={t('policies.scope.title')}>
            <ScopeFields
              draft={values}
              tenant={tenant}
              groups={groups}
              groupHint={t('maintenance.blackouts.group_hint')}
              errors={{
                tenant: form.errorOf('tenant'),
                group: form.errorOf('group'),
                device: form.errorOf('device'),
              }}
              onChange={form.change}
            />
          </Card>
          <Card title={t('maintenance.basics')}>
            <Stack gap="sm">
              <TextInput
                className={classes.narrow}
                label={t('maintenance.name')}
                description={t('maintenance.name_hint')}
                {...form.text('name')}
              />
              <ActionsField
                label={t('maintenance.blackouts.actions_label')}
                value={values.actions}
                error={form.errorOf('actions')}
                onChange={(actions) => form.change({ actions })}
              />
            </Stack>
          </Card>
          <Card title={t('maintenance.blackouts.period')}>
            <Stack gap="md">
              <PeriodFields draft={values} errorOf={form.errorOf} onChange={form.change} />
              {values.period !== 'once' && (
                <ZoneField
                  value={values.zone}
                  error={form.errorOf('zone')}
                  onChange={(zone) => form.change({ zone })}
                />
              )}
            </Stack>
          </Card>
          {mayChange && (
            <Row gap="xs">
              <SubmitButton busy={request.isPending} refusal={request.error}>
                {t(blackout ? 'maintenance.blackouts.save' : 'maintenance.blackouts.submit')}
              </SubmitButton>
              <Button
                variant="default"
                renderRoot={(button) => <Link to="/maintenance/blackouts" {...button} />}
              >
                {t('common.cancel')}
              </Button>
            </Row>
          )}
        </fieldset>
      </Form>
      <BlackoutPreview draft={values} />
    </div>
  );
}

const pause = 300;
const listed = 6;

/** When it comes, kept up with the form. */
function BlackoutPreview({ draft }: { draft: BlackoutDraft }) {
  const { t } = useTranslation();
  const format = useFormat();
  const sound = isBlackoutSound(draft);
  const definition = sound ? blackoutDefinition(draft) : null;
  const text = definition && JSON.stringify({ tenant_id: draft.tenant, definition, count: listed });
  const [settled] = useDebouncedValue(text, pause);
  const asked: BlackoutPreviewRequest | null = settled === null ? null : JSON.parse(settled);
  const query = useQuery(blackoutPreviewQuery(asked));
  const behind = text !== settled || query.isPlaceholderData;
  return (
    <aside className={classes.preview} aria-label={t('maintenance.blackouts.preview')}>
      <Card title={t('maintenance.blackouts.preview')}>
        {!definition && <p className={classes.hint}>{t('maintenance.preview.incomplete')}</p>}
        {definition && (
          <p className={classes.sentence} aria-live="polite">
            {blackoutSentence(t, format, definition, browserTimeZone())}
          </p>
        )}
        {query.isError && (
          <ProblemNote error={query.error} title={t('maintenance.preview.failed')} />
        )}
        {definition && !query.data && !query.isError && <LoadingBlock height={140} mt={10} />}
        {definition && query.data && (
          <div className={behind ? classes.stale : undefined} aria-busy={behind}>
            <SpanList
              spans={query.data.items}
              empty={t('maintenance.blackouts.preview_none')}
              text={blackoutSpanText}
            />
            <p className={classes.hint}>
              {t(
                definition.time_zone
                  ? 'maintenance.preview.zone'
                  : 'maintenance.preview.zone_tenant',
                {
                  zone: query.data.time_zone.replaceAll('_', ' '),
                },
              )}
            </p>
          </div>
        )}
      </Card>
    </aside>
  );
}
