import { Stack, Text, TextInput } from '@mantine/core';
import type { Alert } from '@/api/types';
import { Form } from '@/components/form/form';
import { FormButtons } from '@/components/form/form-buttons';
import { FormDialog } from '@/components/form/form-dialog';
import { useForm } from '@/components/form/use-form';
import { ProblemNote } from '@/components/problem-note';
import { useTranslation } from '@/i18n/use-translation';
import { alertName } from './alert-columns';
import { useAcknowledgeAlerts } from './alerts';

const longestNote = 500;

interface AcknowledgeDialogProps {
  alerts: readonly Alert[];
  onClose: () => void;
  onDone?: () => void;
}

/** Says that somebody knows. The alert stays until its cause is gone. */
export function AcknowledgeDialog({ alerts, onClose, onDone }: AcknowledgeDialogProps) {
  const { t } = useTranslation();
  const request = useAcknowledgeAlerts();
  const form = useForm({
    initial: { note: '' },
    refusal: request.error,
    problemsOf: () => ({}),
  });
  const [first] = alerts;
  const submit = form.submit(() => {
    const note = form.values.note.trim();
    request.mutate(
      { alert_ids: alerts.map(({ id }) => id), note: note === '' ? null : note },
      {
        onSuccess: () => {
          onDone?.();
          onClose();
        },
      },
    );
  });
  return (
    <FormDialog title={t('alerts.acknowledge_title', { count: alerts.length })} onClose={onClose}>
      <Form form={form} request={request} onSubmit={submit}>
        <Stack gap="md">
          {alerts.length === 1 && first && <Text fw={600}>{alertName(t, first)}</Text>}
          <Text>{t('alerts.acknowledge_body')}</Text>
          {form.note !== null && <ProblemNote error={form.note} />}
          <TextInput
            {...form.text('note')}
            label={t('alerts.note')}
            description={t('alerts.note_hint')}
            maxLength={longestNote}
            autoComplete="off"
            data-autofocus
          />
          <FormButtons
            submit={t('alerts.acknowledge')}
            busy={request.isPending}
            refusal={request.error}
          />
        </Stack>
      </Form>
    </FormDialog>
  );
}
