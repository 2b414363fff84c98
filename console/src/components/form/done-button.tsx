import { Button, Group } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';
import { useDialog } from './unsaved';

/** The end of a dialogue whose work is done. */
export function DoneButton() {
  const { t } = useTranslation();
  const dialog = useDialog();
  return (
    <Group justify="flex-end">
      <Button onClick={dialog?.finish}>{t('common.done')}</Button>
    </Group>
  );
}
