import { useBlocker } from '@tanstack/react-router';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { useTranslation } from '@/i18n/use-translation';

/** Asks before a page is left whose changes are not saved. */
export function UnsavedGuard({ dirty }: { dirty: boolean }) {
  const { t } = useTranslation();
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: () => dirty,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });
  return (
    <ConfirmDialog
      opened={status === 'blocked'}
      title={t('unsaved.title')}
      body={t('unsaved.body')}
      confirm={t('unsaved.leave')}
      dismiss={t('unsaved.stay')}
      busy={false}
      error={null}
      onConfirm={() => proceed?.()}
      onClose={() => reset?.()}
    />
  );
}
