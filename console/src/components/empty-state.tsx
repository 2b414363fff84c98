import type { IconInbox } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './page-state.module.css';

interface EmptyStateProps {
  icon: typeof IconInbox;
  title: string;
  body: string;
  children?: ReactNode;
}

export function EmptyState({ icon: Icon, title, body, children }: EmptyStateProps) {
  return (
    <div className={classes.state}>
      <Icon className={classes.icon} size={36} stroke={1.4} aria-hidden />
      <h2 className={classes.title}>{title}</h2>
      <p className={classes.body}>{body}</p>
      {children}
    </div>
  );
}
