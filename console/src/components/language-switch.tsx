import { Menu } from '@mantine/core';
import { IconLanguage } from '@tabler/icons-react';
import { useChangeProfile } from '@/features/session/session';
import { type Language, languages } from '@/i18n';
import { useTranslation } from '@/i18n/use-translation';
import classes from './header-control.module.css';

/** The choice is kept in the profile. */
export function LanguageSwitch() {
  const change = useChangeProfile();
  return <LanguageMenu onChoose={(language) => change.mutate({ language })} />;
}

export function LanguageMenu({ onChoose }: { onChoose: (language: Language) => void }) {
  const { t, language: current } = useTranslation();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button type="button" className={classes.control} aria-label={t('header.language')}>
          <IconLanguage size={18} stroke={1.7} aria-hidden />
          <span className={classes.code}>{current}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {languages.map((language) => (
          <Menu.RadioItem
            key={language}
            value={language}
            lang={language}
            checked={current === language}
            closeMenuOnClick
            onChange={() => onChoose(language)}
          >
            {t(`languages.${language}`)}
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
