import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from '@/i18n/use-translation';

interface FormDialogProps {
  title: string;
  onClose: () => void;
  size?: number;
  children: ReactNode;
}

/** What has been typed or is shown once is not lost by a stray click beside the dialogue. */
export function FormDialog({ title, onClose, size = 480, children }: FormDialogProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={size}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {children}
    </Modal>
  );
}
