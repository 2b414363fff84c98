import { ActionIcon, Button, Checkbox, NumberInput, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { FocusEvent } from 'react';
import { useTranslation } from '@/i18n/use-translation';
import classes from './policy-form.module.css';
import {
  fewestRings,
  longestWait,
  mostRings,
  type RingsDraft,
  standardRings,
  type Typed,
} from './policy-rules';
import { ringsSentence } from './policy-words';

interface RingsFieldsProps {
  value: RingsDraft | null;
  error: string | null;
  onChange: (value: RingsDraft | null) => void;
  onLeave: (event: FocusEvent) => void;
}

const numbers = [
  { field: 'wait', from: 0, to: longestWait },
  { field: 'attempted', from: 1, to: 100 },
  { field: 'success', from: 1, to: 100 },
  { field: 'stopDevices', from: 1, to: 65_535 },
  { field: 'stopPercent', from: 1, to: 100 },
] as const satisfies readonly { field: keyof RingsDraft; from: number; to: number }[];

/** How updates go through the tenant's rings, with the sentence that the numbers make. */
export function RingsFields({ value, error, onChange, onLeave }: RingsFieldsProps) {
  const { t } = useTranslation();
  return (
    <div className={classes.rings}>
      <Checkbox
        label={t('policies.rings.use')}
        description={t('policies.rings.use_hint')}
        checked={value !== null}
        onChange={(event) =>
          onChange(
            event.currentTarget.checked
              ? {
                  ...standardRings,
                  names: [t('policies.rings.first_name'), t('policies.rings.last_name')],
                }
              : null,
          )
        }
      />
      {value && (
        <>
          <RingNames
            names={value.names}
            wrong={error !== null}
            onChange={(names) => onChange({ ...value, names })}
            onLeave={onLeave}
          />
          <div className={classes.numbers}>
            {numbers.map(({ field, from, to }) => (
              <NumberInput
                key={field}
                label={t(`policies.rings.${field}`)}
                min={from}
                max={to}
                clampBehavior="none"
                allowDecimal={false}
                allowNegative={false}
                hideControls
                suffix={field === 'wait' || field === 'stopDevices' ? undefined : '%'}
                value={value[field]}
                error={error !== null && isWrong(value[field], from, to)}
                onChange={(number) =>
                  onChange({ ...value, [field]: typeof number === 'number' ? number : '' })
                }
                onBlur={onLeave}
              />
            ))}
          </div>
          <RingsSentence value={value} />
        </>
      )}
      {error !== null && (
        <p className={classes.error} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function isWrong(value: Typed, from: number, to: number): boolean {
  return value === '' || value < from || value > to;
}

function RingsSentence({ value }: { value: RingsDraft }) {
  const { t } = useTranslation();
  const sentence = ringsSentence(t, {
    names: value.names,
    wait_hours: Number(value.wait),
    attempted_percent: Number(value.attempted),
    success_percent: Number(value.success),
    stop_failed_devices: Number(value.stopDevices),
    stop_failed_percent: Number(value.stopPercent),
  });
  return (
    <p className={classes.sentence} aria-live="polite">
      {sentence}
    </p>
  );
}

interface RingNamesProps {
  names: readonly string[];
  wrong: boolean;
  onChange: (names: string[]) => void;
  onLeave: (event: FocusEvent) => void;
}

function RingNames({ names, wrong, onChange, onLeave }: RingNamesProps) {
  const { t } = useTranslation();
  const twice = (name: string) => names.filter((other) => other.trim() === name.trim()).length > 1;
  return (
    <div className={classes.names}>
      {names.map((name, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: a ring is its place in the row
          key={index}
          className={classes.ringName}
        >
          <TextInput
            label={t('policies.rings.name', { number: index + 1 })}
            value={name}
            maxLength={100}
            autoComplete="off"
            error={wrong && (name.trim() === '' || twice(name))}
            onChange={(event) => onChange(names.with(index, event.currentTarget.value))}
            onBlur={onLeave}
          />
          {names.length > fewestRings && (
            <ActionIcon
              variant="default"
              size={30}
              aria-label={t('policies.rings.remove', { number: index + 1 })}
              onClick={() => onChange(names.filter((_, other) => other !== index))}
            >
              <IconTrash size={15} aria-hidden />
            </ActionIcon>
          )}
        </div>
      ))}
      {names.length < mostRings && (
        <Button
          variant="default"
          className={classes.add}
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => onChange([...names, ''])}
        >
          {t('policies.rings.add')}
        </Button>
      )}
    </div>
  );
}
