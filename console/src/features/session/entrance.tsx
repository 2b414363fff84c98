import { type ReactNode, useEffect } from 'react';
import { LanguageMenu } from '@/components/language-switch';
import { Lighthouse } from '@/components/lighthouse';
import { i18n } from '@/i18n';
import { useTranslation } from '@/i18n/use-translation';
import classes from './entrance.module.css';

interface EntranceProps {
  title: string;
  note?: ReactNode;
  /** What surrounds a signed-in person who may not go further yet brings its own controls. */
  controls?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

/** What surrounds every page in front of the console itself. */
export function Entrance({ title, note, controls, wide, children }: EntranceProps) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${title} · ${t('common.product')}`;
  }, [title, t]);
  return (
    <div className={classes.page}>
      <header className={classes.brand} data-small={wide}>
        <div className={classes.controls}>
          {controls ?? <LanguageMenu onChoose={(language) => void i18n.changeLanguage(language)} />}
        </div>
        <Lighthouse size={wide ? 44 : 64} />
        <div className={classes.name}>{t('common.product')}</div>
        {!wide && <p className={classes.tagline}>{t('sign_in.tagline')}</p>}
      </header>
      <main className={classes.card} data-wide={wide}>
        <h1 className={classes.title}>{title}</h1>
        {note && <p className={classes.note}>{note}</p>}
        {children}
      </main>
    </div>
  );
}

/** Ways to other pages, at the end of the card. */
export function EntranceLinks({ children }: { children: ReactNode }) {
  return <div className={classes.links}>{children}</div>;
}
