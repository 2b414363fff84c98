import { NativeSelect, Radio, Stack, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import type { ActionKind, ActionOutlook } from '@/api/types';
import { useTranslation } from '@/i18n/use-translation';
import { browserTimeZone } from '@/util/format';
import { useFormat } from '@/util/use-format';
import { windowHintText } from './outlook';
import { RestartFields } from './restart-fields';
import { deadlines, type Schedule, type scheduleProblem, type WhenChoice } from './schedule';

interface WhenFieldsProps {
  kind: ActionKind;
  schedule: Schedule;
  problem: ReturnType<typeof scheduleProblem>;
  /** What the windows say, for work that they bind; unknown until it is loaded. */
  outlook: ActionOutlook | undefined;
  onChange: (schedule: Schedule) => void;
}

const choices = ['now', 'in_window', 'at'] as const satisfies readonly WhenChoice[];

function deadlineText(t: TFunction, hours: number | null): string {
  if (hours === null) return t('actions.deadline_none');
  return hours % 24 === 0
    ? t('actions.deadline_days', { count: hours / 24 })
    : t('actions.deadline_hours', { count: hours });
}

export function WhenFields({ kind, schedule, problem, outlook, onChange }: WhenFieldsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const zone = browserTimeZone().replaceAll('_', ' ');
  // Browsers write dates in their own language, which may be another one.
  const moment = schedule.at && format.moment(schedule.at);
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
              description={
                choice === 'in_window' && outlook ? (
                  <WindowHint outlook={outlook} />
                ) : (
                  t(`actions.${choice}_hint`, { zone })
                )
              }
            />
          ))}
        </Stack>
      </Radio.Group>
      {schedule.choice === 'at' && (
        <TextInput
          type="datetime-local"
          label={t('actions.at_label')}
          description={moment && t('actions.at_chosen', { moment, zone })}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          value={schedule.at}
          error={problem ? t(`actions.${problem}`) : null}
          onChange={(event) => onChange({ ...schedule, at: event.currentTarget.value })}
        />
      )}
      <NativeSelect
        label={t('actions.deadline')}
        value={String(schedule.deadlineHours ?? '')}
        data={deadlines.map((hours) => ({
          value: String(hours ?? ''),
          label: deadlineText(t, hours),
        }))}
        onChange={(event) => {
          const { value } = event.currentTarget;
          onChange({ ...schedule, deadlineHours: value === '' ? null : Number(value) });
        }}
      />
      {kind === 'restart' && (
        <RestartFields
          courtesy={schedule}
          onChange={(courtesy) => onChange({ ...schedule, ...courtesy })}
        />
      )}
    </Stack>
  );
}

/** When the window opens, and where there is none to wait for. */
function WindowHint({ outlook }: { outlook: ActionOutlook }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { without_opening: count } = outlook;
  const hint = windowHintText(t, format, outlook);
  if (count === 0) return hint ?? t('actions.in_window_hint');
  return (
    <>
      {hint !== null && `${hint} `}
      {t('actions.without_opening', { count })}{' '}
      <Link to="/maintenance">{t('actions.to_windows')}</Link>
    </>
  );
}
