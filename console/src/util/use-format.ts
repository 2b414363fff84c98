import { useTranslation } from 'react-i18next';
import { createFormat, type Format } from './format';

const formats = new Map<string, Format>();

export function useFormat(): Format {
  const { i18n } = useTranslation();
  const language = i18n.language;
  const existing = formats.get(language);
  if (existing) return existing;
  const created = createFormat(language);
  formats.set(language, created);
  return created;
}
