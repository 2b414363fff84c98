import { useMantineColorScheme } from '@mantine/core';
import { useEffect } from 'react';
import { browserLanguage, i18n } from '@/i18n';
import { useSession } from './session';

/** Puts the profile's language and appearance on screen. */
export function SessionPreferences() {
  const { language, color_scheme } = useSession().user;
  const { colorScheme, setColorScheme } = useMantineColorScheme();

  useEffect(() => {
    const wanted = language ?? browserLanguage();
    if (i18n.language !== wanted) void i18n.changeLanguage(wanted);
  }, [language]);

  useEffect(() => {
    if (colorScheme !== color_scheme) setColorScheme(color_scheme);
  }, [color_scheme, colorScheme, setColorScheme]);

  return null;
}
