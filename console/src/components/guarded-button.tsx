import { Button, type ButtonProps } from '@mantine/core';
import type { ComponentPropsWithoutRef, MouseEvent } from 'react';
import classes from './guarded-button.module.css';

interface Guarded {
  /** Why the control cannot be used now; `null` when it can. */
  reason: string | null;
  onClick: () => void;
}

/** A disabled control stays reachable by keyboard, so that its reason can be read. */
function guard({ reason, onClick }: Guarded) {
  if (reason === null) return { onClick };
  return {
    'aria-disabled': true,
    'aria-description': reason,
    'data-hint': reason,
    onClick: (event: MouseEvent) => event.preventDefault(),
  } as const;
}

type GuardedButtonProps = Guarded & Omit<ButtonProps, 'disabled'> & { 'aria-label'?: string };

export function GuardedButton({ reason, onClick, ...rest }: GuardedButtonProps) {
  return (
    <Button
      {...rest}
      {...guard({ reason, onClick })}
      data-disabled={reason !== null || undefined}
    />
  );
}

type RowButtonProps = Guarded &
  Omit<ComponentPropsWithoutRef<'button'>, 'onClick' | 'disabled' | 'type'>;

/** The light button for table rows, where hundreds may be on screen. */
export function RowButton({ reason, onClick, children, ...rest }: RowButtonProps) {
  return (
    <button type="button" className={classes.row} {...rest} {...guard({ reason, onClick })}>
      {children}
    </button>
  );
}
