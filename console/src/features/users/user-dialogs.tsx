import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { User } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { FormDialog } from '@/components/form/form-dialog';
import { GuardedButton } from '@/components/guarded-button';
import { LoadingBlock } from '@/components/loading-block';
import { ProblemNote } from '@/components/problem-note';
import { SessionList } from '@/features/sessions/session-list';
import { useTranslation } from '@/i18n/use-translation';
import { EditDialog } from './edit-dialog';
import { IssuedLinkNote } from './issued-link';
import type { UserTask } from './user-actions';
import {
  type LinkKind,
  useDeleteUser,
  useEndUserSessions,
  useIssueLink,
  useResetSecondFactor,
  userSessionsQuery,
  useUpdateUser,
} from './users';

interface UserDialogProps {
  user: User;
  onClose: () => void;
}

/** The dialogue of whatever was chosen for one person. */
export function UserDialog({ task, ...props }: UserDialogProps & { task: UserTask }) {
  switch (task) {
    case 'edit':
      return <EditDialog {...props} />;
    case 'invitation':
    case 'password_reset':
      return <LinkDialog {...props} kind={task} />;
    case 'second_factor':
      return <ResetSecondFactorDialog {...props} />;
    case 'sessions':
      return <SessionsDialog {...props} />;
    case 'disable':
      return <DisableDialog {...props} />;
    case 'enable':
      return <EnableDialog {...props} />;
    case 'remove':
      return <RemoveDialog {...props} />;
  }
}

function LinkDialog({ user, kind, onClose }: UserDialogProps & { kind: LinkKind }) {
  const { t } = useTranslation();
  const issue = useIssueLink(user.id, kind);
  return (
    <FormDialog title={t(`users.${kind}_title`, { name: user.name })} onClose={onClose}>
      {issue.data ? (
        <IssuedLinkNote link={issue.data} email={user.email} />
      ) : (
        <Stack gap="md">
          <Text>{t(`users.${kind}_body`, { email: user.email })}</Text>
          {issue.isError && <ProblemNote error={issue.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button loading={issue.isPending} onClick={() => issue.mutate()}>
              {t(`users.${kind}_submit`)}
            </Button>
          </Group>
        </Stack>
      )}
    </FormDialog>
  );
}

function ResetSecondFactorDialog({ user, onClose }: UserDialogProps) {
  const { t } = useTranslation();
  const reset = useResetSecondFactor(user.id);
  return (
    <ConfirmDialog
      opened
      title={t('users.second_factor_title', { name: user.name })}
      body={t('users.second_factor_body')}
      confirm={t('users.reset_second_factor')}
      busy={reset.isPending}
      error={reset.error}
      onConfirm={() => reset.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}

function DisableDialog({ user, onClose }: UserDialogProps) {
  const { t } = useTranslation();
  const update = useUpdateUser(user.id);
  return (
    <ConfirmDialog
      opened
      title={t('users.disable_title', { name: user.name })}
      body={t('users.disable_body')}
      confirm={t('users.disable')}
      busy={update.isPending}
      error={update.error}
      onConfirm={() => update.mutate({ state: 'disabled' }, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}

function EnableDialog({ user, onClose }: UserDialogProps) {
  const { t } = useTranslation();
  const update = useUpdateUser(user.id);
  return (
    <ConfirmDialog
      opened
      harmless
      title={t('users.enable_title', { name: user.name })}
      body={t('users.enable_body')}
      confirm={t('users.enable')}
      busy={update.isPending}
      error={update.error}
      onConfirm={() => update.mutate({ state: 'active' }, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}

function RemoveDialog({ user, onClose }: UserDialogProps) {
  const { t } = useTranslation();
  const remove = useDeleteUser(user.id);
  return (
    <ConfirmDialog
      opened
      title={t('users.remove_title', { name: user.name })}
      body={t('users.remove_body')}
      confirm={t('users.remove_confirm')}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}

function SessionsDialog({ user, onClose }: UserDialogProps) {
  const { t } = useTranslation();
  const sessions = useQuery(userSessionsQuery(user.id));
  const end = useEndUserSessions(user.id);
  const items = sessions.data?.items ?? [];
  return (
    <FormDialog title={t('users.sessions_title', { name: user.name })} size={560} onClose={onClose}>
      <Stack gap="md">
        {sessions.isPending && <LoadingBlock height={60} />}
        {sessions.isError && <ProblemNote error={sessions.error} />}
        {sessions.data && items.length === 0 && <Text>{t('users.sessions_none')}</Text>}
        {items.length > 0 && (
          <SessionList label={t('users.sessions_title', { name: user.name })} sessions={items} />
        )}
        {end.isError && <ProblemNote error={end.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t('common.close')}
          </Button>
          {!sessions.isError && (
            <GuardedButton
              reason={items.length === 0 ? t('users.sessions_none') : null}
              loading={end.isPending}
              onClick={() => end.mutate()}
            >
              {t('users.end_sessions')}
            </GuardedButton>
          )}
        </Group>
      </Stack>
    </FormDialog>
  );
}
