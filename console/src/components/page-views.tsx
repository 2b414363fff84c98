import { Link, type LinkProps } from '@tanstack/react-router';
import classes from './page-views.module.css';

interface PageViewsProps {
  label: string;
  views: readonly { to: NonNullable<LinkProps['to']>; text: string }[];
}

/** The ways to look at the same things, each with an address of its own. */
export function PageViews({ label, views }: PageViewsProps) {
  return (
    <nav className={classes.views} aria-label={label}>
      {views.map(({ to, text }) => (
        <Link
          key={to}
          to={to}
          className={classes.view}
          activeOptions={{ exact: true, includeSearch: false }}
        >
          {text}
        </Link>
      ))}
    </nav>
  );
}
