import { IconLogout } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useLeave } from '@/components/form/unsaved';
import headerClasses from '@/components/header-control.module.css';
import { LanguageSwitch } from '@/components/language-switch';
import { SchemeSwitch } from '@/components/scheme-switch';
import { Entrance } from '@/features/session/entrance';
import { SessionPreferences } from '@/features/session/preferences';
import { useSession, useSignOut } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import { SecondFactorSetup } from './second-factor-setup';

/** Who owes a second factor sees nothing else before it is set up. */
export function SecondFactorGate({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const { second_factor } = useSession();
  const owed = second_factor.required && second_factor.state === 'off';
  const [open, setOpen] = useState(owed);
  // It stays until the recovery codes are kept, although the factor is on by then.
  if (owed && !open) setOpen(true);
  if (!open && !owed) return children;
  return (
    <Entrance
      wide
      title={t('second_factor.required_title')}
      note={t('second_factor.required_note')}
      controls={<Controls />}
    >
      <SessionPreferences />
      <SecondFactorSetup replacing={false} onDone={() => setOpen(false)} />
    </Entrance>
  );
}

function Controls() {
  const { t } = useTranslation();
  const signOut = useSignOut();
  const leave = useLeave();
  return (
    <>
      <LanguageSwitch />
      <SchemeSwitch />
      <button
        type="button"
        className={headerClasses.control}
        onClick={() => leave(() => signOut.mutate())}
      >
        <IconLogout size={17} stroke={1.7} aria-hidden />
        {t('header.sign_out')}
      </button>
    </>
  );
}
