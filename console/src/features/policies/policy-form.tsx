import { Alert, Button, Group as Row, Stack } from '@mantine/core';
import { IconInfoCircle, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { toApiError } from '@/api/problem';
import type { Group, TenantReference, UpdatePolicy } from '@/api/types';
import { Form } from '@/components/form/form';
import { SubmitButton } from '@/components/form/submit-button';
import { useForm } from '@/components/form/use-form';
import { Card } from '@/components/page';
import { ProblemNote } from '@/components/problem-note';
import { useTranslation } from '@/i18n/use-translation';
import { CategoryFields } from './category-fields';
import { DeadlineField } from './deadline-field';
import { devicePolicyQuery, useCreatePolicy, useReplacePolicy } from './policies';
import classes from './policy-form.module.css';
import { PolicyPreviewPanel } from './policy-preview';
import {
  categoriesProblem,
  deadlineProblem,
  deviceProblem,
  groupProblem,
  isSound,
  newPolicyOf,
  type PolicyDraft,
  ringNames,
  ringsProblem,
  rulesOf,
  sameScope,
  scopeOfDraft,
  widerPolicies,
} from './policy-rules';
import { RestartField } from './restart-field';
import { RingField } from './ring-field';
import { RingsFields } from './rings-fields';
import { ScopeFields } from './scope-fields';
import { WindowsFields } from './windows-fields';

interface PolicyFormProps {
  /** The one that is changed; `null` makes a new one. */
  policy: UpdatePolicy | null;
  start: PolicyDraft;
  /** Whether the form was filled in for the person. */
  preset: boolean;
  tenant: TenantReference;
  /** All of the tenant's. */
  policies: readonly UpdatePolicy[];
  groups: readonly Group[];
  mayChange: boolean;
  onReload?: () => void;
}

/** The policies around the draft's scope: a device's are asked for, because its groups are. */
function useWider(draft: PolicyDraft, props: PolicyFormProps): UpdatePolicy[] {
  const device = draft.kind === 'device' ? (draft.device?.id ?? '') : '';
  const chain = useQuery({ ...devicePolicyQuery(device), enabled: device !== '' });
  if (draft.kind === 'device') {
    return (chain.data?.policies ?? []).filter(({ scope }) => scope.kind !== 'device');
  }
  return widerPolicies(props.policies, props.groups, scopeOfDraft(draft));
}

export function PolicyForm(props: PolicyFormProps) {
  const { policy, start, preset, tenant, policies, groups, mayChange, onReload } = props;
  const { t } = useTranslation();
  const navigate = useNavigate();
  const create = useCreatePolicy();
  const replace = useReplacePolicy();
  const request = policy ? replace : create;
  const [done, setDone] = useState(false);
  const twinOf = (draft: PolicyDraft) =>
    policy === null
      ? policies.find(({ scope }) => sameScope(scope, scopeOfDraft(draft)))
      : undefined;
  const form = useForm<PolicyDraft>({
    initial: start,
    refusal: request.error,
    names: {
      tenant: 'tenant_id',
      group: 'group_id',
      device: 'device_id',
      deadline: 'deadline_days',
    },
    problemsOf: (draft) => {
      const problems = {
        group: groupProblem(draft),
        device: deviceProblem(draft),
        categories: categoriesProblem(draft),
        deadline: deadlineProblem(draft),
        rings: ringsProblem(draft),
      };
      return {
        kind: twinOf(draft) ? t('policies.already') : null,
        group: problems.group && t(problems.group),
        device: problems.device && t(problems.device),
        categories: problems.categories && t(problems.categories),
        deadline: problems.deadline && t(problems.deadline),
        rings: problems.rings && t(problems.rings),
      };
    },
  });
  const { values } = form;
  const wider = useWider(values, props);
  const twin = twinOf(values);
  const names =
    values.kind === 'tenant' ? (values.rings?.names ?? []) : ringNames(policies, values.tenant);
  const kept = () => {
    form.kept();
    setDone(true);
  };
  const submit = form.submit(() => {
    if (policy) {
      const change = { version: policy.version, rules: rulesOf(values) };
      replace.mutate({ id: policy.id, change }, { onSuccess: kept });
    } else {
      create.mutate(newPolicyOf(values), { onSuccess: kept });
    }
  });
  // Only once nothing on the page counts as unsaved any more.
  useEffect(() => {
    if (done) void navigate({ to: '/settings/update-policies' });
  }, [done, navigate]);
  const changed = form.note !== null && toApiError(form.note).code === 'changed_meanwhile';

  return (
    <div className={classes.columns}>
      <Form form={form} request={request} onSubmit={submit}>
        <fieldset className={classes.fields} disabled={!mayChange}>
          <legend className="visually-hidden">{t('policies.form')}</legend>
          {!mayChange && (
            <Alert color="navy" icon={<IconInfoCircle size={18} aria-hidden />}>
              {t('policies.read_only')}
            </Alert>
          )}
          {preset && (
            <Alert color="navy" icon={<IconInfoCircle size={18} aria-hidden />}>
              {t('policies.preset_note')}
            </Alert>
          )}
          {form.note !== null && (
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
                  {t('policies.reload')}
                </Button>
              )}
            </Stack>
          )}
          {policy === null && (
            <Card title={t('policies.scope.title')}>
              <ScopeFields
                draft={values}
                tenant={tenant}
                groups={groups}
                errors={{
                  tenant: form.errorOf('tenant'),
                  group: form.errorOf('group'),
                  device: form.errorOf('device'),
                }}
                twin={twin}
                onChange={(change) => form.change(change.kind ? { ...change, ring: null } : change)}
              />
            </Card>
          )}
          <Card title={t('policies.categories_title')}>
            <CategoryFields
              categories={values.categories}
              wider={wider}
              tenant={tenant.name}
              narrow={values.kind !== 'tenant'}
              error={form.errorOf('categories')}
              onChange={(categories) => form.change({ categories })}
              onLeave={form.leave('categories')}
            />
          </Card>
          <Card title={t('policies.deadline_title')}>
            <DeadlineField
              value={values.deadline}
              wider={wider}
              tenant={tenant.name}
              narrow={values.kind !== 'tenant'}
              error={form.errorOf('deadline')}
              onChange={(deadline) => form.change({ deadline })}
              onLeave={form.leave('deadline')}
            />
          </Card>
          {values.kind === 'tenant' && (
            <Card title={t('policies.rings.title')}>
              <RingsFields
                value={values.rings}
                error={form.errorOf('rings')}
                onChange={(rings) => form.change({ rings })}
                onLeave={form.leave('rings')}
              />
            </Card>
          )}
          <Card title={t('policies.ring_title')}>
            <RingField
              value={values.ring}
              names={names}
              wider={wider}
              tenant={tenant.name}
              narrow={values.kind !== 'tenant'}
              error={form.errorOf('ring')}
              onChange={(ring) => form.change({ ring })}
            />
          </Card>
          <Card title={t('policies.restart.title')}>
            <RestartField
              value={values.restart}
              wider={wider}
              tenant={tenant.name}
              narrow={values.kind !== 'tenant'}
              error={form.errorOf('restart')}
              onChange={(restart) => form.change({ restart })}
            />
          </Card>
          <Card title={t('policies.windows.title')}>
            <WindowsFields
              values={{
                microsoft_update: values.microsoftUpdate,
                control_automatic_updates: values.automaticUpdates,
              }}
              wider={wider}
              tenant={tenant.name}
              narrow={values.kind !== 'tenant'}
              onChange={(name, value) =>
                form.change(
                  name === 'microsoft_update'
                    ? { microsoftUpdate: value }
                    : { automaticUpdates: value },
                )
              }
            />
          </Card>
          {mayChange && (
            <Row gap="xs">
              <SubmitButton busy={request.isPending} refusal={request.error}>
                {t(policy ? 'policies.save' : 'policies.create_submit')}
              </SubmitButton>
              <Button
                variant="default"
                renderRoot={(button) => <Link to="/settings/update-policies" {...button} />}
              >
                {t('common.cancel')}
              </Button>
            </Row>
          )}
        </fieldset>
      </Form>
      {mayChange && (
        <PolicyPreviewPanel
          body={isSound(values) && !twin ? newPolicyOf(values) : null}
          scope={values.kind}
        />
      )}
    </div>
  );
}
