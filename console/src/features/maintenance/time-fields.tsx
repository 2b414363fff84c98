import { NativeSelect, NumberInput } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';
import { ClockField } from './clock-field';
import classes from './maintenance.module.css';
import { clockText, minutesOf, weekdays } from './week-shape';
import { longestMinutes, minutesIn, mostOffsetDays, nths, type WindowDraft } from './window-rules';

interface FieldsProps {
  draft: WindowDraft;
  errors: { start: string | null; duration: string | null; offset: string | null };
  onChange: (change: Partial<WindowDraft>) => void;
}

function typed(value: string | number): number | '' {
  return typeof value === 'number' ? value : '';
}

/** Start and length, to the minute. */
export function TimeFields({ draft, errors, onChange }: FieldsProps) {
  const { t } = useTranslation();
  const { start, duration } = draft;
  // A painting that needs several windows has several starts: typing makes it one again.
  const single = { painted: null };
  return (
    <div>
      <div className={classes.times}>
        <ClockField
          label={t('maintenance.start')}
          value={start}
          error={errors.start}
          onChange={(time) => onChange({ start: time, ...single })}
        />
        <fieldset className={classes.duration} aria-invalid={errors.duration ? true : undefined}>
          <legend>{t('maintenance.lasts')}</legend>
          <NumberInput
            aria-label={t('maintenance.hours')}
            suffix={` ${t('maintenance.hours_unit')}`}
            min={0}
            max={longestMinutes / 60}
            clampBehavior="none"
            value={duration.hours}
            error={Boolean(errors.duration)}
            onChange={(value) =>
              onChange({ duration: { ...duration, hours: typed(value) }, ...single })
            }
          />
          <NumberInput
            aria-label={t('maintenance.minutes')}
            suffix={` ${t('maintenance.minutes_unit')}`}
            min={0}
            max={59}
            step={15}
            clampBehavior="none"
            value={duration.minutes}
            error={Boolean(errors.duration)}
            onChange={(value) =>
              onChange({ duration: { ...duration, minutes: typed(value) }, ...single })
            }
          />
        </fieldset>
      </div>
      {errors.duration ? (
        <p className={classes.error}>{errors.duration}</p>
      ) : (
        <Ends draft={draft} />
      )}
    </div>
  );
}

/** When it closes, which sums of hours do not show at a glance. */
function Ends({ draft }: { draft: WindowDraft }) {
  const { t } = useTranslation();
  const start = minutesOf(draft.start);
  const length = minutesIn(draft.duration);
  if (start === null || draft.painted || !Number.isInteger(length) || length <= 0) return null;
  const time = clockText(start + length);
  const later = Math.floor((start + length) / 1440);
  if (later === 0) return <p className={classes.hint}>{t('maintenance.ends_same', { time })}</p>;
  return (
    <p className={classes.hint}>
      {later === 1
        ? t('maintenance.ends_next', { time })
        : t('maintenance.ends_later', { time, count: later })}
    </p>
  );
}

/** The n-th weekday of the month, and so many days after it. */
export function MonthFields({ draft, errors, onChange }: FieldsProps) {
  const { t } = useTranslation();
  return (
    <div>
      <div className={classes.times}>
        <NativeSelect
          label={t('maintenance.nth_label')}
          value={draft.nth}
          data={nths.map((nth) => ({ value: nth, label: t(`maintenance.monthly.nth.${nth}`) }))}
          onChange={(event) =>
            onChange({ nth: nths.find((nth) => nth === event.currentTarget.value) ?? 'first' })
          }
        />
        <NativeSelect
          label={t('maintenance.weekday_label')}
          value={draft.weekday}
          data={weekdays.map((day) => ({ value: day, label: t(`maintenance.days.name.${day}`) }))}
          onChange={(event) =>
            onChange({
              weekday: weekdays.find((day) => day === event.currentTarget.value) ?? 'monday',
            })
          }
        />
        <NumberInput
          label={t('maintenance.offset')}
          min={0}
          max={mostOffsetDays}
          clampBehavior="none"
          value={draft.offset}
          error={errors.offset}
          onChange={(value) => onChange({ offset: typed(value) })}
        />
      </div>
      <p className={classes.hint}>
        {t('maintenance.offset_hint')}
        {draft.nth === 'fifth' && ` ${t('maintenance.fifth_note')}`}
      </p>
    </div>
  );
}
