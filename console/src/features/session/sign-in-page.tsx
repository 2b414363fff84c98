import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { LanguageMenu } from '@/components/language-switch';
import { Lighthouse } from '@/components/lighthouse';
import { ProblemNote } from '@/components/problem-note';
import { i18n } from '@/i18n';
import { useTranslation } from '@/i18n/use-translation';
import { useSignIn } from './session';
import classes from './sign-in-page.module.css';

type Field = 'email' | 'password';

function problemsOf(email: string, password: string) {
  const address = email.trim();
  const emailProblem = !/^\S+@\S+$/.test(address) ? 'sign_in.email_invalid' : null;
  return {
    email: address === '' ? ('sign_in.email_missing' as const) : emailProblem,
    password: password === '' ? ('sign_in.password_missing' as const) : null,
  } as const;
}

interface SignInPageProps {
  ended: boolean;
  onSignedIn: () => void;
}

export function SignInPage({ ended, onSignedIn }: SignInPageProps) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${t('sign_in.title')} · ${t('common.product')}`;
  }, [t]);
  return (
    <div className={classes.page}>
      <header className={classes.brand}>
        <div className={classes.language}>
          <LanguageMenu onChoose={(language) => void i18n.changeLanguage(language)} />
        </div>
        <Lighthouse size={64} />
        <div className={classes.name}>{t('common.product')}</div>
        <p className={classes.tagline}>{t('sign_in.tagline')}</p>
      </header>
      <main className={classes.card}>
        <h1 className={classes.title}>{t('sign_in.title')}</h1>
        {ended && <p className={classes.note}>{t('sign_in.ended')}</p>}
        <SignInForm onSignedIn={onSignedIn} />
      </main>
    </div>
  );
}

function SignInForm({ onSignedIn }: { onSignedIn: () => void }) {
  const { t } = useTranslation();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [checked, setChecked] = useState<ReadonlySet<Field>>(new Set());
  const signIn = useSignIn();
  const problems = problemsOf(email, password);
  const shown = (field: Field) => {
    const problem = problems[field];
    return checked.has(field) && problem ? t(problem) : null;
  };
  const leave = (field: Field) => () => setChecked(new Set([...checked, field]));

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(new Set(['email', 'password'] as const));
    if (problems.email || problems.password) return;
    signIn.mutate({ email: email.trim(), password }, { onSuccess: onSignedIn });
  };

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {signIn.isError && <ProblemNote error={signIn.error} />}
        <TextInput
          label={t('sign_in.email')}
          type="email"
          size="sm"
          autoComplete="username"
          autoFocus
          value={email}
          error={shown('email')}
          onChange={(event) => setEmail(event.currentTarget.value)}
          onBlur={() => email !== '' && leave('email')()}
        />
        <PasswordInput
          label={t('sign_in.password')}
          size="sm"
          autoComplete="current-password"
          value={password}
          error={shown('password')}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show_password') }}
        />
        <Button type="submit" size="sm" fullWidth loading={signIn.isPending}>
          {t('sign_in.submit')}
        </Button>
      </Stack>
    </form>
  );
}
