import { Input, NativeSelect, SegmentedControl, Stack } from '@mantine/core';
import { Card, Fact, Facts, Page } from '@/components/page';
import { ProblemNote } from '@/components/problem-note';
import { schemes } from '@/components/scheme-switch';
import { SecondFactorCard } from '@/features/second-factor/second-factor-card';
import { OwnSessionsCard } from '@/features/sessions/own-sessions-card';
import { isLanguage, languages } from '@/i18n';
import { useTranslation } from '@/i18n/use-translation';
import { PasswordCard } from './password-card';
import classes from './profile-page.module.css';
import { useChangeProfile, useSession } from './session';

export function ProfilePage() {
  const { t } = useTranslation();
  const { user, tenant } = useSession();
  return (
    <Page narrow title={t('profile.title')}>
      <Card title={t('profile.account')}>
        <Facts>
          <Fact name={t('profile.name')}>{user.name}</Fact>
          <Fact name={t('profile.email')}>{user.email}</Fact>
          <Fact name={t('profile.role')}>{t(`roles.${user.role}`)}</Fact>
          <Fact name={t('profile.tenant')}>{tenant.name}</Fact>
        </Facts>
      </Card>
      <Preferences />
      <PasswordCard />
      <SecondFactorCard />
      <OwnSessionsCard />
    </Page>
  );
}

function Preferences() {
  const { t, language } = useTranslation();
  const { user } = useSession();
  const change = useChangeProfile();
  const current = user.language ?? (isLanguage(language) ? language : 'en');
  return (
    <Card
      title={t('profile.preferences')}
      actions={
        <span role="status" className={classes.status}>
          {change.isSuccess && t('profile.saved')}
        </span>
      }
    >
      <Stack gap="md" maw={400}>
        <NativeSelect
          label={t('profile.language')}
          description={t('profile.language_hint')}
          value={current}
          data={languages.map((choice) => ({
            value: choice,
            label: t(`languages.${choice}`),
          }))}
          onChange={({ currentTarget: { value } }) =>
            isLanguage(value) && change.mutate({ language: value })
          }
        />
        <div>
          <Input.Label labelElement="div" size="xs" mb={4} id="profile-scheme">
            {t('profile.scheme')}
          </Input.Label>
          <SegmentedControl
            fullWidth
            size="xs"
            aria-labelledby="profile-scheme"
            value={user.color_scheme}
            data={schemes.map((scheme) => ({ value: scheme, label: t(`header.scheme_${scheme}`) }))}
            onChange={(scheme) => change.mutate({ color_scheme: scheme })}
          />
        </div>
        {change.isError && <ProblemNote title={t('profile.failed')} error={change.error} />}
      </Stack>
    </Card>
  );
}
