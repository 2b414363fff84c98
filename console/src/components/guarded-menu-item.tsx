import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';

interface GuardedMenuItemProps {
  /** Why it cannot be chosen now; `null` when it can. */
  reason: string | null;
  icon: ReactNode;
  danger?: boolean;
  onClick: () => void;
  children: ReactNode;
}

/** A menu item that cannot be chosen stays reachable, so that its reason can be read. */
export function GuardedMenuItem(props: GuardedMenuItemProps) {
  const { reason, icon, danger, onClick, children } = props;
  const blocked = reason !== null;
  return (
    <Menu.Item
      color={danger && !blocked ? 'var(--lat-failed)' : undefined}
      leftSection={icon}
      // The menu's own way to disable an item would skip it on the way through with arrow keys.
      renderRoot={
        blocked ? (properties) => <button type="button" {...properties} aria-disabled /> : undefined
      }
      aria-description={reason ?? undefined}
      data-hint={reason ?? undefined}
      closeMenuOnClick={!blocked}
      c={blocked ? 'dimmed' : undefined}
      onClick={blocked ? undefined : onClick}
    >
      {children}
    </Menu.Item>
  );
}
