import { IconPlayerStop } from '@tabler/icons-react';
import { useState } from 'react';
import type { Task } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { GuardedButton } from '@/components/guarded-button';
import { useCan } from '@/features/session/session';
import { disabledText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { isFinished, useCancelTask } from './tasks';

interface CancelTaskButtonProps {
  task: Task;
  label: string;
  body: string;
}

/** Takes a task back, after asking; nothing for those who may not and for what has ended. */
export function CancelTaskButton({ task, label, body }: CancelTaskButtonProps) {
  const { t } = useTranslation();
  const mayCancel = useCan('cancel_tasks');
  const [asking, setAsking] = useState(false);
  const cancel = useCancelTask();
  const { allowed, reason } = task.can.cancel;
  const cancelling = task.cancel_requested_at ? t('tasks.cancel_requested') : null;
  const close = () => {
    setAsking(false);
    cancel.reset();
  };
  if (!mayCancel || isFinished(task)) return null;
  return (
    <>
      <GuardedButton
        variant="default"
        leftSection={<IconPlayerStop size={16} aria-hidden />}
        reason={cancelling ?? (allowed ? null : disabledText(t, reason ?? 'forbidden'))}
        onClick={() => setAsking(true)}
      >
        {label}
      </GuardedButton>
      <ConfirmDialog
        opened={asking}
        title={t('tasks.cancel_title')}
        body={body}
        confirm={label}
        dismiss={t('tasks.keep')}
        busy={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate(task.id, { onSuccess: close })}
        onClose={close}
      />
    </>
  );
}
