import { useTranslation } from '@/i18n/use-translation';
import { createFormat, type Format } from './format';

const formats = new Map<string, Format>();

export function useFormat(): Format {
  const { language } = useTranslation();
  const existing = formats.get(language);
  if (existing) return existing;
  const created = createFormat(language);
  formats.set(language, created);
  return created;
}
