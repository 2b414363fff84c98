import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { AuditEvent } from '@/api/types';
import classes from './audit-page.module.css';

/** Opens the details of one event, and keeps the page of the list. */
export function EventLink({ event, children }: { event: AuditEvent; children: ReactNode }) {
  return (
    <Link
      to="."
      search={(previous) => ({ ...previous, event: event.id })}
      state={(previous) => previous}
      className={classes.when}
    >
      {children}
    </Link>
  );
}
