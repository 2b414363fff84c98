import { Radio, Stack, TextInput } from '@mantine/core';
import type { ActionKind } from '@/api/types';
import { useTranslation } from '@/i18n/use-translation';
import { browserTimeZone } from '@/util/format';
import { RestartFields } from './restart-fields';
import type { Schedule, scheduleProblem, WhenChoice } from './schedule';

interface WhenFieldsProps {
  kind: ActionKind;
  schedule: Schedule;
  problem: ReturnType<typeof scheduleProblem>;
  onChange: (schedule: Schedule) => void;
}

const choices = ['now', 'in_window', 'at'] as const satisfies readonly WhenChoice[];

export function WhenFields({ kind, schedule, problem, onChange }: WhenFieldsProps) {
  const { t } = useTranslation();
  const zone = browserTimeZone();
  const choose = (value: string) => {
    const choice = choices.find((known) => known === value);
    if (choice) onChange({ ...schedule, choice });
  };
  return (
    <Stack gap="sm">
      <Radio.Group label={t('actions.when')} value={schedule.choice} onChange={choose}>
        <Stack gap={8} mt={6}>
          {choices.map((choice) => (
            <Radio
              key={choice}
              value={choice}
              label={t(`actions.${choice}`)}
              description={t(`actions.${choice}_hint`, { zone })}
            />
          ))}
        </Stack>
      </Radio.Group>
      {schedule.choice === 'at' && (
        <TextInput
          type="datetime-local"
          label={t('actions.at_label')}
          value={schedule.at}
          error={problem ? t(`actions.${problem}`) : null}
          onChange={(event) => onChange({ ...schedule, at: event.currentTarget.value })}
        />
      )}
      {kind === 'restart' && <RestartFields schedule={schedule} onChange={onChange} />}
    </Stack>
  );
}
