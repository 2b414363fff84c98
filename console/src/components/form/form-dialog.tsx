import { Modal } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from '@/i18n/use-translation';
import { DialogProvider, useGuardedDialog } from './unsaved';

interface FormDialogProps {
  title: string;
  onClose: () => void;
  size?: number;
  children: ReactNode;
}

/**
 * However it is closed, what has been entered or is shown only once is not lost unasked. Forms in
 * it are `Form`s; other content says what it would lose with `useLoss`.
 */
export function FormDialog({ title, onClose, size = 480, children }: FormDialogProps) {
  const { t } = useTranslation();
  const { dialog, asking } = useGuardedDialog(onClose);
  useFocusBack();
  return (
    <Modal
      opened
      onClose={dialog.leave}
      title={title}
      size={size}
      closeOnEscape={!asking}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <DialogProvider value={dialog}>{children}</DialogProvider>
    </Modal>
  );
}

/** What to return to: the control that opened the dialogue, or the menu that it was chosen from. */
function opener(): HTMLElement | null {
  const { activeElement } = document;
  if (!(activeElement instanceof HTMLElement)) return null;
  const menu = activeElement.closest('[role="menu"]')?.getAttribute('aria-labelledby');
  return (menu ? document.getElementById(menu) : null) ?? activeElement;
}

/** A dialogue that exists only while it is open gives the focus back itself. */
function useFocusBack() {
  useEffect(() => {
    const before = opener();
    return () => {
      requestAnimationFrame(() => {
        const lost = document.activeElement === null || document.activeElement === document.body;
        if (lost) before?.focus({ preventScroll: true });
      });
    };
  }, []);
}
