import { Button, Group } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';
import { SubmitButton } from './submit-button';

interface FormButtonsProps {
  submit: string;
  busy: boolean;
  refusal: unknown;
  onCancel?: () => void;
  color?: string;
}

/** The end of a form; in a dialogue with the way out beside it. */
export function FormButtons({ submit, busy, refusal, onCancel, color }: FormButtonsProps) {
  const { t } = useTranslation();
  return (
    <Group justify={onCancel ? 'flex-end' : 'flex-start'} gap="xs">
      {onCancel && (
        <Button variant="default" onClick={onCancel}>
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
