import { NativeSelect, Radio, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Device, ScopeKind, TenantReference, Update, UpdateVerdict } from '@/api/types';
import { Form } from '@/components/form/form';
import { FormButtons } from '@/components/form/form-buttons';
import { FormDialog } from '@/components/form/form-dialog';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { useShownTenants } from '@/features/tenants/shown-tenants';
import { groupOptions, groupsQuery } from '@/features/tenants/tenants';
import { useTitle } from '@/features/updates/title';
import { useTranslation } from '@/i18n/use-translation';
import { DecisionList } from './decision-list';
import { decisionsQuery, useDecideUpdate } from './policies';
import classes from './policies.module.css';
import type { DeviceChoice } from './policy-rules';
import { isAbout, nameOf } from './policy-words';
import { DeviceField } from './scope-fields';

export type DecidedUpdate = Pick<Update, 'id' | 'title' | 'titles' | 'kb' | 'package'>;

/** The device from whose page the question came. */
export interface DecidedDevice {
  id: string;
  hostname: string;
  tenant: TenantReference;
  group?: Device['group'];
}

interface Draft {
  kind: ScopeKind;
  tenant: string;
  group: string;
  device: DeviceChoice | null;
  note: string;
}

const kinds = ['tenant', 'group', 'device'] as const;
const longestNote = 500;

interface DecisionDialogProps {
  update: DecidedUpdate;
  verdict: UpdateVerdict;
  tenantId: string | undefined;
  device?: DecidedDevice;
  onClose: () => void;
}

/** Approves or blocks one update, wherever it is asked for. */
export function DecisionDialog(props: DecisionDialogProps) {
  const { update, verdict, tenantId, device, onClose } = props;
  const { t } = useTranslation();
  const titleOf = useTitle();
  const decide = useDecideUpdate();
  const shown = useShownTenants(device?.tenant.id ?? tenantId);
  const tenants = device ? [device.tenant] : shown;
  const name = nameOf(update);
  const form = useForm<Draft>({
    initial: {
      kind: device ? 'device' : 'tenant',
      tenant: tenants.length === 1 ? (tenants[0]?.id ?? '') : '',
      group: device?.group?.id ?? '',
      device: device ? { id: device.id, name: device.hostname } : null,
      note: '',
    },
    refusal: decide.error,
    names: { tenant: 'tenant_id', group: 'group_id', device: 'device_id' },
    problemsOf: (draft) => ({
      tenant: draft.tenant === '' ? t('policies.decide.tenant_missing') : null,
      group: draft.kind === 'group' && draft.group === '' ? t('policies.group_missing') : null,
      device:
        draft.kind === 'device' && draft.device === null ? t('policies.device_missing') : null,
    }),
  });
  const { values } = form;
  const groups = useQuery({
    ...groupsQuery(values.tenant),
    enabled: values.tenant !== '',
  });
  const known = useQuery(decisionsQuery(device?.tenant.id ?? tenantId));
  const before = (known.data?.items ?? []).filter((one) => isAbout(one.update, update));
  const tenant = tenants.find(({ id }) => id === values.tenant);
  const options = groupOptions(groups.data?.items ?? []);
  const tenantMissing = values.tenant === '' ? t('policies.decide.tenant_first') : undefined;
  const groupsMissing =
    tenantMissing ??
    (groups.data && options.length === 0 ? t('policies.scope.no_groups') : undefined);
  const submit = form.submit(() => {
    decide.mutate(
      {
        tenant_id: values.tenant,
        group_id: values.kind === 'group' ? values.group : null,
        device_id: values.kind === 'device' ? (values.device?.id ?? null) : null,
        update: name,
        verdict,
        note: values.note.trim() === '' ? null : values.note.trim(),
      },
      { onSuccess: onClose },
    );
  });
  return (
    <FormDialog
      title={t(`policies.decide.${verdict}_title`, {
        name: name.kind === 'update_id' ? titleOf(update) : name.value,
      })}
      size={540}
      onClose={onClose}
    >
      <Form form={form} request={decide} onSubmit={submit}>
        <Stack gap="md">
          <div>
            {name.kind !== 'update_id' && <p className={classes.none}>{titleOf(update)}</p>}
            <p className={classes.meaning}>
              {t(`policies.decide.${verdict}_meaning`)} {t(`policies.decide.by_${name.kind}`)}
            </p>
          </div>
          {form.note !== null && <ProblemNote error={form.note} />}
          {tenants.length > 1 && (
            <NativeSelect
              label={t('columns.tenant')}
              value={values.tenant}
              error={form.errorOf('tenant')}
              data={[
                { value: '', label: t('policies.decide.choose_tenant') },
                ...tenants.map(({ id, name: label }) => ({ value: id, label })),
              ]}
              onChange={(event) =>
                form.change({ tenant: event.currentTarget.value, group: '', device: null })
              }
            />
          )}
          <Radio.Group
            label={t('policies.decide.where')}
            value={values.kind}
            onChange={(value) =>
              form.change({ kind: kinds.find((kind) => kind === value) ?? 'tenant' })
            }
          >
            <Stack gap={8} mt={6}>
              {device && (
                <Radio
                  value="device"
                  label={t('policies.decide.this_device', { name: device.hostname })}
                />
              )}
              <Radio
                value="group"
                label={t('policies.scope.choose_group')}
                description={groupsMissing}
                disabled={options.length === 0}
              />
              <Radio
                value="tenant"
                label={
                  tenant
                    ? t('policies.scope.choose_tenant', { name: tenant.name })
                    : t('policies.decide.all_devices')
                }
              />
              {!device && (
                <Radio
                  value="device"
                  label={t('policies.scope.choose_device')}
                  description={tenantMissing}
                  disabled={tenantMissing !== undefined}
                />
              )}
            </Stack>
          </Radio.Group>
          {values.kind === 'group' && (
            <NativeSelect
              label={t('columns.group')}
              value={values.group}
              error={form.errorOf('group')}
              data={[{ value: '', label: t('policies.scope.choose') }, ...options]}
              onChange={(event) => form.change({ group: event.currentTarget.value })}
            />
          )}
          {values.kind === 'device' && !device && values.tenant !== '' && (
            <DeviceField
              tenantId={values.tenant}
              value={values.device}
              error={form.errorOf('device')}
              onChange={(chosen) => form.change({ device: chosen })}
            />
          )}
          <TextInput
            {...form.text('note')}
            label={t('policies.decide.note')}
            description={t('policies.decide.note_hint')}
            maxLength={longestNote}
            autoComplete="off"
          />
          {before.length > 0 && (
            <div>
              <h3 className={classes.subtitle}>{t('policies.decide.before')}</h3>
              <div className={classes.bare}>
                <DecisionList decisions={before} withUpdate={false} />
              </div>
            </div>
          )}
          <FormButtons
            submit={t(`policies.decide.${verdict}_submit`)}
            busy={decide.isPending}
            refusal={decide.error}
            color={verdict === 'block' ? 'red.8' : undefined}
          />
        </Stack>
      </Form>
    </FormDialog>
  );
}
