import { IconExternalLink } from '@tabler/icons-react';
import { useTranslation } from '@/i18n/use-translation';
import classes from './update-cells.module.css';

/** Where Microsoft explains a Knowledge Base article; nothing else is looked up there. */
export function articleAddress(kb: string): string | null {
  const number = /^(?:KB)?(\d{5,8})$/i.exec(kb.trim())?.[1];
  return number ? `https://support.microsoft.com/help/${number}` : null;
}

export function Article({ kb }: { kb: string }) {
  const { t } = useTranslation();
  const address = articleAddress(kb);
  if (address === null) return kb;
  return (
    <a
      href={address}
      target="_blank"
      rel="noopener noreferrer"
      className={classes.article}
      aria-label={t('updates.kb_link', { kb })}
    >
      {kb}
      <IconExternalLink size={14} aria-hidden />
    </a>
  );
}
