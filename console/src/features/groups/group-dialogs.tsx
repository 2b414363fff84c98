import { NativeSelect, Stack, TextInput } from '@mantine/core';
import type { Group } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { Form } from '@/components/form/form';
import { FormButtons } from '@/components/form/form-buttons';
import { FormDialog } from '@/components/form/form-dialog';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { groupOptions } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { withinGroup } from './group-tree';
import { useCreateGroup, useDeleteGroup, useUpdateGroup } from './groups';

interface NewGroupDialogProps {
  tenantId: string;
  /** Those of the tenant, to choose a place among. */
  groups: readonly Group[];
  parentId: string | null;
  onClose: () => void;
}

export function NewGroupDialog({ tenantId, groups, parentId, onClose }: NewGroupDialogProps) {
  const { t } = useTranslation();
  const create = useCreateGroup();
  const form = useForm({
    initial: { name: '', parentId: parentId ?? '' },
    refusal: create.error,
    names: { parentId: 'parent_id' },
    problemsOf: ({ name }) => ({
      name: name.trim() === '' ? t('groups.name_missing') : null,
    }),
  });
  const { values } = form;
  const submit = form.submit(() => {
    create.mutate(
      { tenant_id: tenantId, name: values.name.trim(), parent_id: values.parentId || null },
      { onSuccess: onClose },
    );
  });
  return (
    <FormDialog title={t('groups.create_title')} onClose={onClose}>
      <Form form={form} request={create} onSubmit={submit}>
        <Stack gap="md">
          {form.note !== null && <ProblemNote error={form.note} />}
          <TextInput
            {...form.text('name')}
            label={t('groups.name')}
            autoComplete="off"
            maxLength={100}
            data-autofocus
          />
          {groups.length > 0 && (
            <NativeSelect
              label={t('groups.parent')}
              value={values.parentId}
              error={form.errorOf('parentId')}
              data={[{ value: '', label: t('groups.top') }, ...groupOptions(groups)]}
              onChange={(event) => form.change({ parentId: event.currentTarget.value })}
            />
          )}
          <FormButtons
            submit={t('groups.create_submit')}
            busy={create.isPending}
            refusal={create.error}
          />
        </Stack>
      </Form>
    </FormDialog>
  );
}

interface GroupDialogProps {
  group: Group;
  groups: readonly Group[];
  onClose: () => void;
}

export function RenameGroupDialog({ group, onClose }: GroupDialogProps) {
  const { t } = useTranslation();
  const update = useUpdateGroup(group.id);
  const form = useForm({
    initial: { name: group.name },
    refusal: update.error,
    problemsOf: ({ name }) => ({
      name: name.trim() === '' ? t('groups.name_missing') : null,
    }),
  });
  const submit = form.submit(() => {
    update.mutate({ name: form.values.name.trim() }, { onSuccess: onClose });
  });
  return (
    <FormDialog title={t('groups.rename_title', { name: group.name })} onClose={onClose}>
      <Form form={form} request={update} onSubmit={submit}>
        <Stack gap="md">
          {form.note !== null && <ProblemNote error={form.note} />}
          <TextInput
            {...form.text('name')}
            label={t('groups.name')}
            autoComplete="off"
            maxLength={100}
            data-autofocus
          />
          <FormButtons
            submit={t('groups.rename_submit')}
            busy={update.isPending}
            refusal={update.error}
          />
        </Stack>
      </Form>
    </FormDialog>
  );
}

export function MoveGroupDialog({ group, groups, onClose }: GroupDialogProps) {
  const { t } = useTranslation();
  const update = useUpdateGroup(group.id);
  const form = useForm({
    initial: { parentId: group.parent_id ?? '' },
    refusal: update.error,
    names: { parentId: 'parent_id' },
    problemsOf: () => ({}),
  });
  const within = withinGroup(groups, group.id);
  // Paths are named from all groups, but none within the moved one is offered.
  const places = groupOptions(groups).filter(({ value }) => !within.has(value));
  const submit = form.submit(() => {
    update.mutate({ parent_id: form.values.parentId || null }, { onSuccess: onClose });
  });
  return (
    <FormDialog title={t('groups.move_title', { name: group.name })} onClose={onClose}>
      <Form form={form} request={update} onSubmit={submit}>
        <Stack gap="md">
          {form.note !== null && <ProblemNote error={form.note} />}
          <NativeSelect
            label={t('groups.parent')}
            description={t('groups.move_hint')}
            data-autofocus
            value={form.values.parentId}
            error={form.errorOf('parentId')}
            data={[{ value: '', label: t('groups.top') }, ...places]}
            onChange={(event) => form.change({ parentId: event.currentTarget.value })}
          />
          <FormButtons
            submit={t('groups.move_submit')}
            busy={update.isPending}
            refusal={update.error}
          />
        </Stack>
      </Form>
    </FormDialog>
  );
}

export function DeleteGroupDialog({ group, groups, onClose }: GroupDialogProps) {
  const { t } = useTranslation();
  const remove = useDeleteGroup(group.id);
  const parent = groups.find(({ id }) => id === group.parent_id);
  const inner = groups.filter(({ parent_id }) => parent_id === group.id).length;
  const contents = [
    group.devices > 0 ? t('updates.selected', { count: group.devices }) : null,
    inner > 0 ? t('groups.inner', { count: inner }) : null,
  ].filter((part) => part !== null);
  const where = parent ? t('groups.delete_into', { name: parent.name }) : t('groups.delete_top');
  return (
    <ConfirmDialog
      opened
      title={t('groups.delete_title', { name: group.name })}
      body={
        contents.length === 0
          ? t('groups.delete_empty')
          : `${t('groups.delete_body', { contents: contents.join(', ') })} ${where}`
      }
      confirm={t('groups.delete_confirm')}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
