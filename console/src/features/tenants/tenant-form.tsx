import { Stack, TextInput } from '@mantine/core';
import type { Tenant } from '@/api/types';
import { Form } from '@/components/form/form';
import { FormButtons } from '@/components/form/form-buttons';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { useTranslation } from '@/i18n/use-translation';
import { longestRetention, type Retention, retentionProblem, shortestRetention } from './retention';
import { RetentionField } from './retention-field';
import { useUpdateTenant } from './tenants';
import { TimeZoneSelect } from './time-zone-select';

interface Draft {
  name: string;
  timeZone: string;
  retention: Retention;
}

function draftOf({ name, time_zone, audit_retention_days }: Tenant): Draft {
  return { name, timeZone: time_zone, retention: audit_retention_days ?? null };
}

interface TenantFormProps {
  tenant: Tenant;
  onSaved: () => void;
}

export function TenantForm({ tenant, onSaved }: TenantFormProps) {
  const { t } = useTranslation();
  const update = useUpdateTenant(tenant.id);
  const form = useForm<Draft>({
    initial: draftOf(tenant),
    refusal: update.error,
    names: { timeZone: 'time_zone', retention: 'audit_retention_days' },
    problemsOf: ({ name, retention }) => {
      const problem = retentionProblem(retention);
      return {
        name: name.trim() === '' ? t('tenants.name_missing') : null,
        retention: problem && t(problem, { from: shortestRetention, to: longestRetention }),
      };
    },
  });
  const { values } = form;
  const submit = form.submit(() => {
    if (values.retention === '') return;
    update.mutate(
      {
        name: values.name.trim(),
        time_zone: values.timeZone,
        audit_retention_days: values.retention,
      },
      {
        onSuccess: (saved) => {
          form.kept(draftOf(saved));
          onSaved();
        },
      },
    );
  });
  return (
    <Form form={form} request={update} onSubmit={submit}>
      <Stack gap="md">
        {form.note !== null && <ProblemNote error={form.note} />}
        <TextInput
          {...form.text('name')}
          label={t('tenants.name')}
          autoComplete="off"
          maxLength={100}
          data-autofocus
        />
        <TimeZoneSelect
          value={values.timeZone}
          error={form.errorOf('timeZone')}
          onChange={(timeZone) => form.change({ timeZone })}
        />
        <RetentionField
          value={values.retention}
          error={form.errorOf('retention')}
          onChange={(retention) => form.change({ retention })}
          onLeave={form.leave('retention')}
        />
        <FormButtons submit={t('common.save')} busy={update.isPending} refusal={update.error} />
      </Stack>
    </Form>
  );
}
