import { NativeSelect, NumberInput, Radio, Stack, TextInput } from '@mantine/core';
import type { Typed } from '@/features/policies/policy-rules';
import { useTranslation } from '@/i18n/use-translation';
import { browserTimeZone } from '@/util/format';
import { type BlackoutDraft, type DayOfYear, periodKinds, wraps } from './blackout-rules';
import classes from './maintenance.module.css';

interface PeriodFieldsProps {
  draft: BlackoutDraft;
  errorOf: (field: 'from' | 'until' | 'first' | 'last' | 'firstDay' | 'lastDay') => string | null;
  onChange: (change: Partial<BlackoutDraft>) => void;
}

/** Once, every year, or every month. */
export function PeriodFields(props: PeriodFieldsProps) {
  const { draft, onChange } = props;
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Radio.Group
        label={t('maintenance.blackouts.period')}
        value={draft.period}
        onChange={(value) =>
          onChange({ period: periodKinds.find((kind) => kind === value) ?? 'once' })
        }
      >
        <div className={classes.choices}>
          {periodKinds.map((kind) => (
            <Radio key={kind} value={kind} label={t(`maintenance.blackouts.kinds.${kind}`)} />
          ))}
        </div>
      </Radio.Group>
      {draft.period === 'once' && <Once {...props} />}
      {draft.period === 'yearly' && <Yearly {...props} />}
      {draft.period === 'monthly' && <Monthly {...props} />}
    </Stack>
  );
}

function Once({ draft, errorOf, onChange }: PeriodFieldsProps) {
  const { t } = useTranslation();
  return (
    <div>
      <div className={classes.times}>
        <TextInput
          type="datetime-local"
          label={t('maintenance.blackouts.from')}
          value={draft.from}
          error={errorOf('from')}
          onChange={(event) => onChange({ from: event.currentTarget.value })}
        />
        <TextInput
          type="datetime-local"
          label={t('maintenance.blackouts.until')}
          value={draft.until}
          error={errorOf('until')}
          onChange={(event) => onChange({ until: event.currentTarget.value })}
        />
      </div>
      <p className={classes.hint}>
        {t('maintenance.blackouts.once_hint', { zone: browserTimeZone().replaceAll('_', ' ') })}
      </p>
    </div>
  );
}

function Yearly({ draft, errorOf, onChange }: PeriodFieldsProps) {
  const { t } = useTranslation();
  return (
    <div>
      <div className={classes.times}>
        <YearDay
          which="first"
          value={draft.first}
          error={errorOf('first')}
          onChange={(first) => onChange({ first })}
        />
        <YearDay
          which="last"
          value={draft.last}
          error={errorOf('last')}
          onChange={(last) => onChange({ last })}
        />
      </div>
      <p className={classes.hint}>
        {t('maintenance.blackouts.yearly_hint')}
        {wraps(draft) && ` ${t('maintenance.blackouts.wraps')}`}
      </p>
    </div>
  );
}

interface YearDayProps {
  which: 'first' | 'last';
  value: DayOfYear;
  error: string | null;
  onChange: (value: DayOfYear) => void;
}

const months = Array.from({ length: 12 }, (_, index) => index + 1);

function typed(value: string | number): Typed {
  return typeof value === 'number' ? value : '';
}

function YearDay({ which, value, error, onChange }: YearDayProps) {
  const { t, language } = useTranslation();
  const names = new Intl.DateTimeFormat(language, { month: 'long', timeZone: 'UTC' });
  return (
    <div className={classes.yearDay}>
      <NumberInput
        label={t(`maintenance.blackouts.${which}_day`)}
        min={1}
        max={31}
        clampBehavior="none"
        value={value.day}
        error={error}
        onChange={(day) => onChange({ ...value, day: typed(day) })}
      />
      <NativeSelect
        label={t('maintenance.blackouts.month')}
        aria-label={t(`maintenance.blackouts.${which}_month`)}
        value={String(value.month)}
        data={months.map((month) => ({
          value: String(month),
          label: names.format(new Date(Date.UTC(2024, month - 1, 15))),
        }))}
        onChange={(event) => onChange({ ...value, month: Number(event.currentTarget.value) })}
      />
    </div>
  );
}

function Monthly({ draft, errorOf, onChange }: PeriodFieldsProps) {
  const { t } = useTranslation();
  return (
    <div>
      <div className={classes.times}>
        <NumberInput
          label={t('maintenance.blackouts.first_day')}
          min={1}
          max={31}
          clampBehavior="none"
          value={draft.firstDay}
          error={errorOf('firstDay')}
          onChange={(day) => onChange({ firstDay: typed(day) })}
        />
        <NumberInput
          label={t('maintenance.blackouts.last_day')}
          min={1}
          max={31}
          clampBehavior="none"
          value={draft.lastDay}
          error={errorOf('lastDay')}
          onChange={(day) => onChange({ lastDay: typed(day) })}
        />
      </div>
      <p className={classes.hint}>{t('maintenance.blackouts.monthly_hint')}</p>
    </div>
  );
}
