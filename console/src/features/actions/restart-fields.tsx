import { Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';
import { type Courtesy, delays, postponementLengths, postponementNumbers } from './schedule';

interface RestartFieldsProps {
  courtesy: Courtesy;
  onChange: (courtesy: Courtesy) => void;
}

/** The numbers to choose from, with one that was set in another way. */
function choices(numbers: readonly number[], set: number): number[] {
  return [...new Set([...numbers, set])].sort((one, other) => one - other);
}

/** How long before it people are told, whether they may put it off, and what they will see. */
export function RestartFields({ courtesy, onChange }: RestartFieldsProps) {
  const { t } = useTranslation();
  const { delayMinutes, mostPostponements, postponeMinutes } = courtesy;
  return (
    <Stack gap="sm">
      <NativeSelect
        label={t('actions.delay')}
        value={String(delayMinutes)}
        data={choices(delays, delayMinutes).map((minutes) => ({
          value: String(minutes),
          label:
            minutes === 0
              ? t('actions.delay_none')
              : t('actions.delay_minutes', { count: minutes }),
        }))}
        onChange={(event) =>
          onChange({ ...courtesy, delayMinutes: Number(event.currentTarget.value) })
        }
      />
      <Group gap="sm" grow align="flex-start">
        <NativeSelect
          label={t('actions.postpone')}
          value={String(mostPostponements)}
          data={choices(postponementNumbers, mostPostponements).map((most) => ({
            value: String(most),
            label:
              most === 0
                ? t('actions.postpone_never')
                : t('actions.postpone_times', { count: most }),
          }))}
          onChange={(event) =>
            onChange({ ...courtesy, mostPostponements: Number(event.currentTarget.value) })
          }
        />
        {mostPostponements > 0 && (
          <NativeSelect
            label={t('actions.postpone_by')}
            value={String(postponeMinutes)}
            data={choices(postponementLengths, postponeMinutes).map((minutes) => ({
              value: String(minutes),
              label: t('actions.postpone_minutes', { count: minutes }),
            }))}
            onChange={(event) =>
              onChange({ ...courtesy, postponeMinutes: Number(event.currentTarget.value) })
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
