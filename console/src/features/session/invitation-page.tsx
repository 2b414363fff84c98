import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { ApiError } from '@/api/problem';
import { LoadingBlock } from '@/components/loading-block';
import { useTranslation } from '@/i18n/use-translation';
import { Entrance } from './entrance';
import { LinkProblem } from './link-problem';
import { useLinkToken } from './link-token';
import { NewPasswordForm } from './new-password-form';
import { beginSession } from './session';

export const unknownLink = new ApiError({ status: 404, code: 'link_unknown' });

export function InvitationPage({ onSignedIn }: { onSignedIn: () => void }) {
  const { t } = useTranslation();
  const token = useLinkToken();
  return (
    <Entrance title={t('invitation.title')}>
      {token === null ? (
        <LinkProblem error={unknownLink} remedy={t('invitation.remedy')} />
      ) : (
        <Invitation token={token} onSignedIn={onSignedIn} />
      )}
    </Entrance>
  );
}

function Invitation({ token, onSignedIn }: { token: string; onSignedIn: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const invitation = useQuery({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) =>
      unwrap(client.POST('/api/v1/invitations/read', { body: { token }, signal })),
    gcTime: 0,
  });
  const accept = useMutation({
    mutationFn: (password: string) =>
      unwrap(client.POST('/api/v1/invitations/accept', { body: { token, password } })),
    onSuccess: (session) => {
      beginSession(queryClient, session);
      onSignedIn();
    },
  });
  if (invitation.isPending) return <LoadingBlock height={150} />;
  if (invitation.isError) {
    return <LinkProblem error={invitation.error} remedy={t('invitation.remedy')} />;
  }
  const { name, email, tenant } = invitation.data;
  return (
    <NewPasswordForm
      intro={t('invitation.intro', { name, tenant })}
      email={email}
      submit={t('invitation.submit')}
      busy={accept.isPending}
      refusal={accept.error}
      onSubmit={(password) => accept.mutate(password)}
    />
  );
}
