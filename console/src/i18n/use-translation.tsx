import type { TFunction } from 'i18next';
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { useTranslation as useLibraryTranslation } from 'react-i18next';
import { i18n } from './index';

export interface Translation {
  t: TFunction;
  language: string;
}

const TranslationContext = createContext<Translation | null>(null);

/**
 * Asks the library once for the whole page. It prepares anew for every component that asks, which
 * a table with hundreds of cells would feel.
 */
export function TranslationProvider({ children }: { children: ReactNode }) {
  const { t } = useLibraryTranslation(undefined, { i18n });
  // The function is a new one whenever the language has changed.
  const translation = useMemo(() => ({ t, language: i18n.language }), [t]);
  return <TranslationContext value={translation}>{children}</TranslationContext>;
}

export function useTranslation(): Translation {
  const translation = useContext(TranslationContext);
  if (!translation) throw new Error('texts were asked for outside the translation provider');
  return translation;
}
