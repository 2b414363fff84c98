import { Alert, Stack, Text, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { Tenant } from '@/api/types';
import { Form } from '@/components/form/form';
import { FormButtons } from '@/components/form/form-buttons';
import { FormDialog } from '@/components/form/form-dialog';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { useTranslation } from '@/i18n/use-translation';
import { browserTimeZone } from '@/util/format';
import { TenantForm } from './tenant-form';
import { useCreateTenant, useRequestTenantDeletion } from './tenants';
import { TimeZoneSelect } from './time-zone-select';

export function NewTenantDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const create = useCreateTenant();
  const form = useForm({
    initial: { name: '', timeZone: browserTimeZone() },
    refusal: create.error,
    names: { timeZone: 'time_zone' },
    problemsOf: ({ name }) => ({
      name: name.trim() === '' ? t('tenants.name_missing') : null,
    }),
  });
  const { name, timeZone } = form.values;
  const submit = form.submit(() => {
    create.mutate({ name: name.trim(), time_zone: timeZone }, { onSuccess: onClose });
  });
  return (
    <FormDialog title={t('tenants.create_title')} onClose={onClose}>
      <Form form={form} request={create} onSubmit={submit}>
        <Stack gap="md">
          {form.note !== null && <ProblemNote error={form.note} />}
          <TextInput
            {...form.text('name')}
            label={t('tenants.name')}
            description={t('tenants.name_hint')}
            autoComplete="off"
            maxLength={100}
            data-autofocus
          />
          <TimeZoneSelect
            value={timeZone}
            error={form.errorOf('timeZone')}
            onChange={(zone) => form.change({ timeZone: zone })}
          />
          <FormButtons
            submit={t('tenants.create_submit')}
            busy={create.isPending}
            refusal={create.error}
          />
        </Stack>
      </Form>
    </FormDialog>
  );
}

interface TenantDialogProps {
  tenant: Tenant;
  onClose: () => void;
}

export function EditTenantDialog({ tenant, onClose }: TenantDialogProps) {
  const { t } = useTranslation();
  return (
    <FormDialog title={t('tenants.edit_title', { name: tenant.name })} onClose={onClose}>
      <TenantForm tenant={tenant} onSaved={onClose} />
    </FormDialog>
  );
}

/** Deleting a tenant cannot be taken back, so its name is typed. */
export function DeleteTenantDialog({ tenant, onClose }: TenantDialogProps) {
  const { t } = useTranslation();
  const request = useRequestTenantDeletion(tenant.id);
  const form = useForm({
    initial: { name: '' },
    refusal: request.error,
    problemsOf: ({ name }) => ({
      name: name.trim() === tenant.name ? null : t('tenants.delete_mismatch'),
    }),
  });
  const submit = form.submit(() => {
    request.mutate(form.values.name.trim(), { onSuccess: onClose });
  });
  return (
    <FormDialog title={t('tenants.delete_title', { name: tenant.name })} onClose={onClose}>
      <Form form={form} request={request} onSubmit={submit}>
        <Stack gap="md">
          <Alert color="red" icon={<IconAlertTriangle size={18} aria-hidden />}>
            <Text>{t('tenants.delete_body')}</Text>
            <Text mt={6}>
              {t('tenants.delete_counts', {
                devices: t('updates.selected', { count: tenant.devices }),
                people: t('tenants.people', { count: tenant.users }),
              })}
            </Text>
          </Alert>
          {form.note !== null && <ProblemNote error={form.note} />}
          <TextInput
            {...form.text('name')}
            label={t('tenants.delete_type', { name: tenant.name })}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
          <FormButtons
            color="red.8"
            submit={t('tenants.delete_confirm')}
            busy={request.isPending}
            refusal={request.error}
          />
        </Stack>
      </Form>
    </FormDialog>
  );
}
