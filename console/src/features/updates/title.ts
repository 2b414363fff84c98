import { useTranslation } from '@/i18n/use-translation';

interface Titled {
  /** In the language of one device. */
  title: string;
  /** By language, where a device's system has it in others too. */
  titles: Readonly<Record<string, string>>;
}

/** What an update is called in a language, as far as that is known. */
export function titleOf({ title, titles }: Titled, language: string): string {
  return titles[language] ?? title;
}

/** What updates are called in the reader's language. */
export function useTitle(): (update: Titled) => string {
  const { language } = useTranslation();
  return (update) => titleOf(update, language);
}
