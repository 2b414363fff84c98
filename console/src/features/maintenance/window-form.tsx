import { Alert, Button, Radio, Group as Row, Stack, Switch, TextInput } from '@mantine/core';
import { IconInfoCircle, IconRefresh } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { toApiError } from '@/api/problem';
import type { Group, MaintenanceWindow, TenantReference } from '@/api/types';
import { Form } from '@/components/form/form';
import { SubmitButton } from '@/components/form/submit-button';
import { useForm } from '@/components/form/use-form';
import { Card } from '@/components/page';
import { ProblemNote } from '@/components/problem-note';
import { deviceProblem, groupProblem } from '@/features/policies/policy-rules';
import { ScopeFields } from '@/features/policies/scope-fields';
import { useTranslation } from '@/i18n/use-translation';
import { ActionsField } from './actions-field';
import { useCreateWindow, useReplaceWindow, useSaveWindows } from './maintenance';
import classes from './maintenance.module.css';
import { MonthFields, TimeFields } from './time-fields';
import { WeekFields } from './week-fields';
import { WindowPreview } from './window-preview';
import {
  actionsProblem,
  batchOf,
  daysProblem,
  durationProblem,
  namesProblem,
  newWindowsOf,
  offsetProblem,
  scopeIds,
  startProblem,
  validityProblem,
  type WindowDraft,
} from './window-rules';
import { ZoneField } from './zone-field';

interface WindowFormProps {
  /** The one that is changed; `null` makes a new one. */
  window: MaintenanceWindow | null;
  start: WindowDraft;
  /** How the form came to be filled in, where the person did not do it. */
  note: string | null;
  tenant: TenantReference;
  groups: readonly Group[];
  mayChange: boolean;
  onReload?: () => void;
}

function useWindowForm(start: WindowDraft, refusal: unknown) {
  const { t } = useTranslation();
  return useForm<WindowDraft>({
    initial: start,
    refusal,
    names: {
      tenant: 'tenant_id',
      group: 'group_id',
      device: 'device_id',
      days: 'days',
      nth: 'nth',
      weekday: 'weekday',
      offset: 'offset_days',
      start: 'start_time',
      duration: 'duration_minutes',
      zone: 'time_zone',
      actions: 'actions',
      validFrom: 'valid_from',
      validUntil: 'valid_until',
    },
    problemsOf: (draft) => {
      const problems = {
        group: groupProblem(draft),
        device: deviceProblem(draft),
        name: namesProblem(draft),
        days: daysProblem(draft),
        start: startProblem(draft),
        duration: durationProblem(draft),
        offset: offsetProblem(draft),
        actions: actionsProblem(draft),
        validUntil: validityProblem(draft),
      } as const;
      return {
        group: problems.group && t(problems.group),
        device: problems.device && t(problems.device),
        name: problems.name && t(problems.name),
        days: problems.days && t(problems.days),
        start: problems.start && t(problems.start),
        duration: problems.duration && t(problems.duration),
        offset: problems.offset && t(problems.offset),
        actions: problems.actions && t(problems.actions),
        validUntil: problems.validUntil && t(problems.validUntil),
      };
    },
  });
}

type FormState = ReturnType<typeof useWindowForm>;

export function WindowForm(props: WindowFormProps) {
  const { window, start, note, tenant, groups, mayChange, onReload } = props;
  const { t } = useTranslation();
  const navigate = useNavigate();
  const create = useCreateWindow();
  const replace = useReplaceWindow();
  const save = useSaveWindows();
  const [several, setSeveral] = useState(false);
  const request = several ? save : window ? replace : create;
  const [done, setDone] = useState(false);
  const form = useWindowForm(start, request.error);
  const { values } = form;
  const made = newWindowsOf(values);
  const kept = () => {
    form.kept();
    setDone(true);
  };
  const submit = form.submit(() => {
    const [first, ...others] = made;
    if (!first) return;
    setSeveral(others.length > 0);
    if (others.length > 0) {
      save.mutate(batchOf(values, window), { onSuccess: kept });
    } else if (window) {
      const { name, enabled, definition } = first;
      const change = { version: window.version, name, enabled, definition, ...scopeIds(values) };
      replace.mutate({ id: window.id, change }, { onSuccess: kept });
    } else {
      create.mutate(first, { onSuccess: kept });
    }
  });
  // Only once nothing on the page counts as unsaved any more.
  useEffect(() => {
    if (done) void navigate({ to: '/maintenance' });
  }, [done, navigate]);

  return (
    <div className={classes.columns}>
      <Form form={form} request={request} onSubmit={submit}>
        <fieldset className={classes.fields} disabled={!mayChange}>
          <legend className="visually-hidden">{t('maintenance.form')}</legend>
          <Notes form={form} note={note} mayChange={mayChange} onReload={onReload} />
          <Card title={t('policies.scope.title')}>
            <ScopeFields
              draft={values}
              tenant={tenant}
              groups={groups}
              groupHint={t('maintenance.group_hint')}
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
                label={t('maintenance.actions_label')}
                value={values.actions}
                error={form.errorOf('actions')}
                onChange={(actions) => form.change({ actions })}
              />
              <Switch
                size="sm"
                label={t('maintenance.enabled')}
                description={t('maintenance.enabled_hint')}
                checked={values.enabled}
                onChange={(event) => form.change({ enabled: event.currentTarget.checked })}
              />
            </Stack>
          </Card>
          <WhenCard form={form} readOnly={!mayChange} />
          <Card title={t('maintenance.more_title')}>
            <ValidityFields form={form} />
          </Card>
          {mayChange && (
            <Row gap="xs">
              <SubmitButton busy={request.isPending} refusal={request.error}>
                {submitText(t, window !== null, made.length)}
              </SubmitButton>
              <Button
                variant="default"
                renderRoot={(button) => <Link to="/maintenance" {...button} />}
              >
                {t('common.cancel')}
              </Button>
            </Row>
          )}
        </fieldset>
      </Form>
      <WindowPreview draft={values} made={made} changed={window?.id ?? null} />
    </div>
  );
}

function submitText(t: ReturnType<typeof useTranslation>['t'], exists: boolean, count: number) {
  if (count > 1) {
    return t(exists ? 'maintenance.save_many' : 'maintenance.create_many', { count });
  }
  return t(exists ? 'maintenance.save' : 'maintenance.create_submit');
}

interface NotesProps {
  form: Pick<FormState, 'note' | 'kept'>;
  note: string | null;
  mayChange: boolean;
  onReload: (() => void) | undefined;
}

function Notes({ form, note, mayChange, onReload }: NotesProps) {
  const { t } = useTranslation();
  const said = mayChange ? note : t('maintenance.read_only');
  return (
    <>
      {said && (
        <Alert color="navy" icon={<IconInfoCircle size={18} aria-hidden />}>
          {said}
        </Alert>
      )}
      <Refusal form={form} onReload={onReload} />
    </>
  );
}

interface RefusalProps {
  form: { note: unknown; kept: () => void };
  onReload: (() => void) | undefined;
}

/** What was refused and belongs to no field; somebody else's change can be loaded. */
export function Refusal({ form, onReload }: RefusalProps) {
  const { t } = useTranslation();
  if (form.note === null) return null;
  const changed = toApiError(form.note).code === 'changed_meanwhile';
  return (
    <Stack gap="xs" align="flex-start">
      <ProblemNote error={form.note} />
      {changed && onReload && (
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} aria-hidden />}
          onClick={() => {
            form.kept();
            onReload();
          }}
        >
          {t('maintenance.reload')}
        </Button>
      )}
    </Stack>
  );
}

function WhenCard({ form, readOnly }: { form: FormState; readOnly: boolean }) {
  const { t } = useTranslation();
  const { values } = form;
  const fields = {
    draft: values,
    errors: {
      start: form.errorOf('start'),
      duration: form.errorOf('duration'),
      offset: form.errorOf('offset'),
    },
    onChange: form.change,
  };
  return (
    <Card title={t('maintenance.when_title')}>
      <Stack gap="md">
        <Radio.Group
          label={t('maintenance.recurrence')}
          value={values.recurrence}
          onChange={(value) =>
            form.change({
              recurrence: value === 'monthly' ? 'monthly' : 'weekly',
              painted: null,
            })
          }
        >
          <Row gap="lg" mt={6}>
            <Radio value="weekly" label={t('maintenance.weekly')} />
            <Radio value="monthly" label={t('maintenance.monthly_choice')} />
          </Row>
        </Radio.Group>
        {values.recurrence === 'weekly' ? (
          <WeekFields
            draft={values}
            readOnly={readOnly}
            error={form.errorOf('days')}
            onChange={form.change}
          />
        ) : (
          <MonthFields {...fields} />
        )}
        <TimeFields {...fields} />
      </Stack>
    </Card>
  );
}

function ValidityFields({ form }: { form: FormState }) {
  const { t } = useTranslation();
  const { values } = form;
  return (
    <Stack gap="sm">
      <ZoneField
        value={values.zone}
        error={form.errorOf('zone')}
        onChange={(zone) => form.change({ zone })}
      />
      <div className={classes.times}>
        <TextInput type="date" label={t('maintenance.valid_from')} {...form.text('validFrom')} />
        <TextInput type="date" label={t('maintenance.valid_until')} {...form.text('validUntil')} />
      </div>
      <p className={classes.hint}>{t('maintenance.valid_hint')}</p>
    </Stack>
  );
}
