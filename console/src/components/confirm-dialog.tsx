import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from '@/i18n/use-translation';
import { ProblemNote } from './problem-note';

interface ConfirmDialogProps {
  opened: boolean;
  title: string;
  body: ReactNode;
  confirm: string;
  dismiss?: string;
  busy: boolean;
  /** It asks about the dialogue below it. */
  above?: boolean;
  /** Nothing is lost by it, so that red would frighten for nothing. */
  harmless?: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={props.title}
      zIndex={props.above ? 300 : undefined}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack gap="md">
        <Text component="div">{props.body}</Text>
        {props.error !== null && <ProblemNote error={props.error} />}
        <Group justify="flex-end" gap="xs">
          <Button
            variant="default"
            onClick={props.onClose}
            // Enter, pressed without reading, destroys nothing.
            data-autofocus={props.harmless ? undefined : true}
          >
            {props.dismiss ?? t('common.cancel')}
          </Button>
          <Button
            color={props.harmless ? undefined : 'red.8'}
            autoContrast={props.harmless}
            loading={props.busy}
            data-autofocus={props.harmless}
            onClick={props.onConfirm}
          >
            {props.confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
