import { NativeSelect, Radio, Select, Stack } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Group, TenantReference, UpdatePolicy } from '@/api/types';
import { deviceListQuery } from '@/features/devices/devices';
import { groupOptions } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import classes from './policy-form.module.css';
import type { DeviceChoice, ScopeDraft } from './policy-rules';

const kinds = ['tenant', 'group', 'device'] as const;

interface ScopeFieldsProps {
  draft: ScopeDraft;
  tenant: TenantReference;
  groups: readonly Group[];
  errors: { tenant: string | null; group: string | null; device: string | null };
  /** The policy that the chosen scope has already. */
  twin?: UpdatePolicy | undefined;
  /** What holds where the group itself says nothing. */
  groupHint?: string;
  onChange: (change: Partial<ScopeDraft>) => void;
}

export function ScopeFields({
  draft,
  tenant,
  groups,
  errors,
  twin,
  groupHint,
  onChange,
}: ScopeFieldsProps) {
  const { t } = useTranslation();
  const taken = twin && t('policies.already');
  return (
    <Stack gap="sm">
      <Radio.Group
        label={t('policies.scope.label')}
        value={draft.kind}
        error={draft.kind === 'tenant' ? (taken ?? errors.tenant) : undefined}
        onChange={(value) => onChange({ kind: kinds.find((kind) => kind === value) ?? 'tenant' })}
      >
        <Stack gap={8} mt={6} mb={4}>
          <Radio value="tenant" label={t('policies.scope.choose_tenant', { name: tenant.name })} />
          <Radio
            value="group"
            label={t('policies.scope.choose_group')}
            description={groups.length === 0 ? t('policies.scope.no_groups') : undefined}
            disabled={groups.length === 0}
          />
          <Radio value="device" label={t('policies.scope.choose_device')} />
        </Stack>
      </Radio.Group>
      {draft.kind === 'group' && (
        <NativeSelect
          className={classes.narrow}
          label={t('columns.group')}
          description={groupHint ?? t('policies.scope.group_hint')}
          value={draft.group}
          error={taken ?? errors.group}
          data={[{ value: '', label: t('policies.scope.choose') }, ...groupOptions(groups)]}
          onChange={(event) => onChange({ group: event.currentTarget.value })}
        />
      )}
      {draft.kind === 'device' && (
        <DeviceField
          tenantId={draft.tenant}
          value={draft.device}
          error={taken ?? errors.device}
          onChange={(device) => onChange({ device })}
        />
      )}
      {twin && (
        <Link to="/settings/update-policies/$policyId" params={{ policyId: twin.id }}>
          {t('policies.open_existing')}
        </Link>
      )}
    </Stack>
  );
}

interface DeviceFieldProps {
  tenantId: string;
  value: DeviceChoice | null;
  error: string | null | undefined;
  onChange: (device: DeviceChoice | null) => void;
}

const shown = 20;

/** Searched for on the server: a tenant may have thousands. */
export function DeviceField({ tenantId, value, error, onChange }: DeviceFieldProps) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text.trim(), 250);
  const found = useQuery(
    deviceListQuery({
      tenant_id: tenantId,
      search: search === '' || search === value?.name ? undefined : search,
      sort: 'hostname',
      limit: shown,
    }),
  );
  const devices = found.data?.items ?? [];
  const options = devices.map(({ id, hostname }) => ({ value: id, label: hostname }));
  const chosen =
    value && !options.some((option) => option.value === value.id)
      ? [{ value: value.id, label: value.name }]
      : [];
  return (
    <Select
      className={classes.narrow}
      label={t('columns.device')}
      description={t('policies.scope.device_hint')}
      searchable
      allowDeselect={false}
      nothingFoundMessage={found.isPending ? t('common.loading') : t('common.nothing_found')}
      data={[...chosen, ...options]}
      filter={({ options: all }) => all}
      value={value?.id ?? null}
      error={error}
      onSearchChange={setText}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(id) => {
        const device = devices.find((candidate) => candidate.id === id);
        if (!device) return;
        onChange({ id: device.id, name: device.hostname });
      }}
    />
  );
}
