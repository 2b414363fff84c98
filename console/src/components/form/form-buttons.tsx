import { Button, Group } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';
import { SubmitButton } from './submit-button';
import { useDialog } from './unsaved';

interface FormButtonsProps {
  submit: string;
  busy: boolean;
  refusal: unknown;
  color?: string;
}

/** The end of a form; in a dialogue with the way out beside it. */
export function FormButtons({ submit, busy, refusal, color }: FormButtonsProps) {
  const { t } = useTranslation();
  const dialog = useDialog();
  return (
    <Group justify={dialog ? 'flex-end' : 'flex-start'} gap="xs">
      {dialog && (
        <Button variant="default" onClick={dialog.leave}>
          {t('common.cancel')}
        </Button>
      )}
      <SubmitButton
        busy={busy}
        refusal={refusal}
        color={color}
        autoContrast={color === undefined ? undefined : false}
      >
        {submit}
      </SubmitButton>
    </Group>
  );
}
