import classes from './cells.module.css';

interface NameProps {
  name: string;
  /** What the row is called. */
  strong?: boolean;
}

/** A name that somebody chose, of any length: two lines at most, and all of it in the hint. */
export function Name({ name, strong }: NameProps) {
  return (
    <span className={classes.name} data-cut data-strong={strong}>
      {name}
    </span>
  );
}
