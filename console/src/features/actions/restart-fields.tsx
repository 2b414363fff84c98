import { Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';
import { delays, postponementLengths, postponementNumbers, type Schedule } from './schedule';

interface RestartFieldsProps {
  schedule: Schedule;
  onChange: (schedule: Schedule) => void;
}

/** How long before it people are told, whether they may put it off, and what they will see. */
export function RestartFields({ schedule, onChange }: RestartFieldsProps) {
  const { t } = useTranslation();
  const { delayMinutes, mostPostponements, postponeMinutes } = schedule;
  return (
    <Stack gap="sm">
      <NativeSelect
        label={t('actions.delay')}
        value={String(delayMinutes)}
        data={delays.map((minutes) => ({
          value: String(minutes),
          label:
            minutes === 0
              ? t('actions.delay_none')
              : t('actions.delay_minutes', { count: minutes }),
        }))}
        onChange={(event) =>
          onChange({ ...schedule, delayMinutes: Number(event.currentTarget.value) })
        }
      />
      <Group gap="sm" grow align="flex-start">
        <NativeSelect
          label={t('actions.postpone')}
          value={String(mostPostponements)}
          data={postponementNumbers.map((most) => ({
            value: String(most),
            label:
              most === 0
                ? t('actions.postpone_never')
                : t('actions.postpone_times', { count: most }),
          }))}
          onChange={(event) =>
            onChange({ ...schedule, mostPostponements: Number(event.currentTarget.value) })
          }
        />
        {mostPostponements > 0 && (
          <NativeSelect
            label={t('actions.postpone_by')}
            value={String(postponeMinutes)}
            data={postponementLengths.map((minutes) => ({
              value: String(minutes),
              label: t('actions.postpone_minutes', { count: minutes }),
            }))}
            onChange={(event) =>
              onChange({ ...schedule, postponeMinutes: Number(event.currentTarget.value) })
            }
          />
        )}
      </Group>
      <Text size="xs" c="dimmed" role="note">
        {t('actions.restart_seen', { count: Math.max(delayMinutes, 1) })}{' '}
        {mostPostponements > 0 &&
          t('actions.restart_postponed', {
            count: mostPostponements,
            minutes: postponeMinutes,
          })}{' '}
        {t('actions.restart_nobody')}
      </Text>
    </Stack>
  );
}
