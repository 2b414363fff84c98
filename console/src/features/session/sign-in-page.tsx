import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { toApiError } from '@/api/problem';
import { useTranslation } from '@/i18n/use-translation';
import { Entrance, EntranceLinks } from './entrance';
import { OrganisationSignIn } from './organisation-sign-in';
import { PasswordForm } from './password-form';
import { SecondFactorForm } from './second-factor-form';
import { useSignIn, useSignInOptions } from './session';

interface SignInPageProps {
  ended: boolean;
  /** Where the person was going; remembered while the organisation signs them in. */
  returnTo: string | undefined;
  onSignedIn: () => void;
}

type Step = 'password' | 'second_factor' | 'organisation';

export function SignInPage({ ended, returnTo, onSignedIn }: SignInPageProps) {
  const { t } = useTranslation();
  const [step, setStep] = useState<Step>('password');
  const [credentials, setCredentials] = useState({ email: '', password: '' });
  const options = useSignInOptions();
  const signIn = useSignIn();

  const submit = (next: typeof credentials, code?: string) => {
    setCredentials(next);
    signIn.mutate(
      { ...next, totp_code: code },
      {
        onSuccess: onSignedIn,
        onError: (error) => {
          const { code: refusal } = toApiError(error);
          if (refusal === 'totp_required') setStep('second_factor');
          if (refusal === 'invalid_credentials') setStep('password');
        },
      },
    );
  };
  const turnTo = (next: Step) => () => {
    signIn.reset();
    setStep(next);
  };

  if (step === 'second_factor') {
    return (
      <Entrance title={t('second_factor.title')} note={t('second_factor.sign_in_note')}>
        <SecondFactorForm
          busy={signIn.isPending}
          refusal={signIn.error}
          onSubmit={(code) => submit(credentials, code)}
          onBack={turnTo('password')}
        />
      </Entrance>
    );
  }
  if (step === 'organisation') {
    return (
      <Entrance title={t('sign_in.organisation')} note={t('sign_in.organisation_note')}>
        <OrganisationSignIn
          email={credentials.email}
          returnTo={returnTo}
          onBack={turnTo('password')}
        />
      </Entrance>
    );
  }
  return (
    <Entrance title={t('sign_in.title')} note={ended ? t('sign_in.ended') : undefined}>
      <PasswordForm
        initial={credentials}
        busy={signIn.isPending}
        refusal={signIn.error}
        onSubmit={submit}
      />
      <EntranceLinks>
        <Link to="/forgotten-password">{t('sign_in.forgotten')}</Link>
        {options?.openid && (
          <button type="button" className="link" onClick={turnTo('organisation')}>
            {t('sign_in.organisation')}
          </button>
        )}
      </EntranceLinks>
    </Entrance>
  );
}
