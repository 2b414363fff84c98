import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { useTranslation } from '@/i18n/use-translation';
import classes from './page.module.css';

interface PageProps {
  title: string;
  /** Shown above the title, for example a link back to the list. */
  above?: ReactNode;
  /** Beside the title: states and small facts. */
  beside?: ReactNode;
  actions?: ReactNode;
  /** A table page fills the window and scrolls inside; a text page scrolls as a whole. */
  fills?: boolean;
  narrow?: boolean;
  children: ReactNode;
}

export function Page({ title, above, beside, actions, fills, narrow, children }: PageProps) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${title} · ${t('common.product')}`;
  }, [title, t]);
  return (
    <div className={classes.page} data-fills={fills} data-narrow={narrow}>
      {above && <div className={classes.above}>{above}</div>}
      <header className={classes.header}>
        <div className={classes.heading}>
          <h1 className={classes.title}>{title}</h1>
          {beside}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** One or two sentences on what the page is for. */
export function PageIntro({ children }: { children: ReactNode }) {
  return <p className={classes.intro}>{children}</p>;
}

interface CardProps {
  title?: string;
  actions?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}

export function Card({ title, actions, flush, children }: CardProps) {
  return (
    <section className={classes.card} aria-label={title}>
      {title && (
        <div className={classes.cardHeader}>
          <h2 className={classes.cardTitle}>{title}</h2>
          {actions}
        </div>
      )}
      <div className={classes.cardBody} data-flush={flush}>
        {children}
      </div>
    </section>
  );
}

/** Names and values, one pair a line. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className={classes.facts}>{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
