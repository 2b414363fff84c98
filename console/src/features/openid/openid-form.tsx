import {
  Checkbox,
  Group,
  NativeSelect,
  PasswordInput,
  Stack,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useState } from 'react';
import type { Openid } from '@/api/types';
import { Form } from '@/components/form/form';
import { SubmitButton } from '@/components/form/submit-button';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { useSession } from '@/features/session/session';
import { roles } from '@/features/users/roles';
import { useTranslation } from '@/i18n/use-translation';
import { ConnectionTest } from './connection-test';
import { useUpdateOpenid } from './openid';
import classes from './openid-page.module.css';
import {
  changeOf,
  domainsProblem,
  draftOf,
  issuerProblem,
  type OpenidDraft,
  rolesProblem,
} from './openid-rules';
import { RoleRows } from './role-rows';

interface OpenidFormProps {
  tenantId: string;
  openid: Openid | null;
}

export function OpenidForm({ tenantId, openid }: OpenidFormProps) {
  const { t } = useTranslation();
  const choices = useSession().roles;
  const update = useUpdateOpenid(tenantId);
  const [saved, setSaved] = useState(false);
  const form = useForm<OpenidDraft>({
    initial: draftOf(openid),
    refusal: update.error,
    names: {
      clientId: 'client_id',
      secret: 'client_secret',
      roleClaim: 'role_claim',
      defaultRole: 'default_role',
    },
    problemsOf: (draft) => {
      const issuer = issuerProblem(draft.issuer);
      const domains = domainsProblem(draft.domains);
      const mapping = rolesProblem(draft.roles, draft.roleClaim);
      return {
        issuer: issuer && t(issuer),
        clientId: draft.clientId.trim() === '' ? t('openid.client_id_missing') : null,
        domains: domains && t(domains),
        roles: mapping && t(mapping),
      };
    },
  });
  const { values } = form;
  const issuer = issuerProblem(values.issuer);
  const submit = form.submit(() => {
    update.mutate(changeOf(values), {
      onSuccess: (kept) => {
        form.kept(draftOf(kept));
        setSaved(true);
      },
    });
  });
  return (
    <Form form={form} request={update} onSubmit={submit}>
      <Stack gap="md">
        {form.note !== null && <ProblemNote error={form.note} />}
        <TextInput
          {...form.text('issuer')}
          label={t('openid.issuer')}
          description={t('openid.issuer_hint')}
          type="url"
          inputMode="url"
          spellCheck={false}
        />
        <ConnectionTest
          tenantId={tenantId}
          issuer={values.issuer.trim()}
          problem={issuer && t(issuer)}
        />
        <TextInput
          {...form.text('clientId')}
          label={t('openid.client_id')}
          autoComplete="off"
          spellCheck={false}
        />
        <PasswordInput
          {...form.text('secret')}
          label={t('openid.secret')}
          description={t(openid?.has_secret ? 'openid.secret_kept' : 'openid.secret_hint')}
          autoComplete="off"
          visibilityToggleButtonProps={{ 'aria-label': t('openid.show_secret') }}
        />
        <Textarea
          {...form.text('domains')}
          label={t('openid.domains')}
          description={t('openid.domains_hint')}
          autosize
          minRows={2}
          maxRows={8}
          spellCheck={false}
        />
        <TextInput
          {...form.text('roleClaim')}
          label={t('openid.role_claim')}
          description={t('openid.role_claim_hint')}
          spellCheck={false}
        />
        <RoleRows
          rows={values.roles}
          choices={choices}
          error={form.errorOf('roles')}
          onChange={(rows) => form.change({ roles: rows })}
        />
        <NativeSelect
          label={t('openid.default_role')}
          description={t('openid.default_role_hint')}
          value={values.defaultRole}
          error={form.errorOf('defaultRole')}
          data={[
            { value: '', label: t('openid.default_none') },
            ...choices.map((role) => ({ value: role, label: t(`roles.${role}`) })),
          ]}
          onChange={(event) => {
            const { value } = event.currentTarget;
            form.change({ defaultRole: roles.find((role) => role === value) ?? '' });
          }}
        />
        <Checkbox
          label={t('openid.enabled')}
          description={t('openid.enabled_hint')}
          checked={values.enabled}
          onChange={(event) => form.change({ enabled: event.currentTarget.checked })}
        />
        <Group gap="sm">
          <SubmitButton busy={update.isPending} refusal={update.error}>
            {t('common.save')}
          </SubmitButton>
          <span role="status" className={classes.status}>
            {saved && !form.dirty && t('common.saved')}
          </span>
        </Group>
      </Stack>
    </Form>
  );
}
