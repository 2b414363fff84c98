import { Button, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { client, settle, unwrap } from '@/api/client';
import { LoadingBlock } from '@/components/loading-block';
import { useTranslation } from '@/i18n/use-translation';
import { Entrance } from './entrance';
import { unknownLink } from './invitation-page';
import { LinkProblem } from './link-problem';
import { useLinkToken } from './link-token';
import { NewPasswordForm } from './new-password-form';

export function NewPasswordPage() {
  const { t } = useTranslation();
  const token = useLinkToken();
  return (
    <Entrance title={t('new_password.title')}>
      {token === null ? <ResetProblem error={unknownLink} /> : <NewPassword token={token} />}
    </Entrance>
  );
}

function ResetProblem({ error }: { error: unknown }) {
  const { t } = useTranslation();
  return (
    <LinkProblem error={error} remedy={t('new_password.remedy')}>
      <Link to="/forgotten-password">{t('new_password.ask_again')}</Link>
    </LinkProblem>
  );
}

function NewPassword({ token }: { token: string }) {
  const { t } = useTranslation();
  const reset = useQuery({
    queryKey: ['password-reset', token],
    queryFn: ({ signal }) =>
      unwrap(client.POST('/api/v1/password-resets/read', { body: { token }, signal })),
    gcTime: 0,
  });
  const complete = useMutation({
    mutationFn: (password: string) =>
      settle(client.POST('/api/v1/password-resets/complete', { body: { token, password } })),
  });
  if (complete.isSuccess) {
    return (
      <Stack gap="md">
        <Text role="status">{t('new_password.done')}</Text>
        <Button
          size="sm"
          fullWidth
          autoFocus
          renderRoot={(props) => <Link to="/sign-in" {...props} />}
        >
          {t('sign_in.submit')}
        </Button>
      </Stack>
    );
  }
  if (reset.isPending) return <LoadingBlock height={150} />;
  if (reset.isError) return <ResetProblem error={reset.error} />;
  return (
    <NewPasswordForm
      intro={t('new_password.intro', { name: reset.data.name })}
      email={reset.data.email}
      submit={t('new_password.submit')}
      busy={complete.isPending}
      refusal={complete.error}
      onSubmit={(password) => complete.mutate(password)}
    />
  );
}
