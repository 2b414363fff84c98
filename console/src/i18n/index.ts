import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './en.json';
import hresults from './hresults.json';
import pl from './pl.json';

export const languages = ['en', 'pl'] as const;
export type Language = (typeof languages)[number];

export function isLanguage(value: unknown): value is Language {
  return languages.some((language) => language === value);
}

/** The first of the browser's languages that the console speaks. */
export function browserLanguage(preferred: readonly string[] = navigator.languages): Language {
  for (const tag of preferred) {
    const primary = tag.split('-')[0]?.toLowerCase();
    if (isLanguage(primary)) return primary;
  }
  return 'en';
}

/** HRESULTs have both languages in one file, under their codes: each language takes its own. */
function withHresults<Texts extends { hresults: object }>(language: Language, texts: Texts) {
  const own = Object.entries(hresults).map(([code, entry]) => [code, entry[language]]);
  return { ...texts, hresults: { ...texts.hresults, ...Object.fromEntries(own) } };
}

export const i18n = i18next.createInstance();

void i18n.use(initReactI18next).init({
  lng: browserLanguage(),
  fallbackLng: 'en',
  supportedLngs: languages,
  resources: {
    en: { translation: withHresults('en', en) },
    pl: { translation: withHresults('pl', pl) },
  },
  interpolation: { escapeValue: false },
  initAsync: false,
  returnNull: false,
});

function showLanguage(language: string) {
  document.documentElement.lang = language;
}

showLanguage(i18n.language);
i18n.on('languageChanged', showLanguage);
