import { Button, Loader, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { client, unwrap } from '@/api/client';
import { ApiError, toApiError } from '@/api/problem';
import type { OpenidReturn } from '@/api/types';
import { ProblemNote } from '@/components/problem-note';
import { useTranslation } from '@/i18n/use-translation';
import { Entrance } from './entrance';
import { SecondFactorForm } from './second-factor-form';
import { beginSession } from './session';

/** What the sign-in service has put into the address. */
export interface OpenidSearch {
  code?: string;
  state?: string;
  error?: string;
}

interface OpenidPageProps {
  search: OpenidSearch;
  onSignedIn: () => void;
}

const refused = new ApiError({ status: 401, code: 'openid_refused' });
const codeCodes = ['totp_required', 'totp_invalid'];

/** Where the organisation's sign-in service leads back to. */
export function OpenidPage({ search, onSignedIn }: OpenidPageProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { code, state } = search;
  const complete = useMutation({
    mutationFn: (body: OpenidReturn) =>
      unwrap(client.POST('/api/v1/openid-sign-ins/complete', { body })),
    onSuccess: (session) => {
      beginSession(queryClient, session);
      onSignedIn();
    },
  });
  const { mutate } = complete;
  // The answer is good for one use.
  const sent = useRef(false);
  useEffect(() => {
    if (sent.current || code === undefined || state === undefined) return;
    sent.current = true;
    mutate({ code, state });
  }, [code, state, mutate]);

  const answered = code !== undefined && state !== undefined && search.error === undefined;
  const error = answered ? complete.error : refused;
  const asked = useRef(false);
  if (error && codeCodes.includes(toApiError(error).code)) asked.current = true;

  if (answered && asked.current) {
    return (
      <Entrance title={t('second_factor.title')} note={t('second_factor.sign_in_note')}>
        <SecondFactorForm
          busy={complete.isPending}
          refusal={error}
          onSubmit={(totp_code) => mutate({ code, state, totp_code })}
        />
      </Entrance>
    );
  }
  return (
    <Entrance title={t('sign_in.organisation')}>
      {error ? (
        <Stack gap="md">
          <ProblemNote error={error} />
          <Button
            size="sm"
            variant="default"
            renderRoot={(props) => <Link to="/sign-in" {...props} />}
          >
            {t('sign_in.back')}
          </Button>
        </Stack>
      ) : (
        <Stack gap="md" align="center" role="status">
          <Loader size={26} aria-hidden />
          {t('sign_in.organisation_completing')}
        </Stack>
      )}
    </Entrance>
  );
}
