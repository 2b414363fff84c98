import { NativeSelect } from '@mantine/core';
import type { UpdatePolicy } from '@/api/types';
import { useTranslation } from '@/i18n/use-translation';
import classes from './policy-form.module.css';
import { inheritedRing } from './policy-rules';
import { ringName, scopeText } from './policy-words';

interface RingFieldProps {
  value: number | null;
  /** The tenant's rings; none where it has no plan. */
  names: readonly string[];
  wider: readonly UpdatePolicy[];
  tenant: string;
  /** Whether there is a wider scope to inherit from. */
  narrow: boolean;
  error: string | null;
  onChange: (ring: number | null) => void;
}

/** The ring of the devices here. */
export function RingField({
  value,
  names,
  wider,
  tenant,
  narrow,
  error,
  onChange,
}: RingFieldProps) {
  const { t } = useTranslation();
  const inherited = inheritedRing(wider);
  const last = names.length;
  if (last === 0 && value === null && error === null) {
    return <p className={classes.hint}>{t('policies.ring_no_plan')}</p>;
  }
  const holds = inherited
    ? t('policies.inherited_from', {
        rule: ringName(t, inherited.rule, names),
        whose: scopeText(t, inherited.policy.scope, tenant),
      })
    : t('policies.ring_inherited_last', { name: ringName(t, last, names) });
  const numbers = names.map((_, index) => index + 1);
  const known = value === null || numbers.includes(value) ? numbers : [...numbers, value];
  return (
    <NativeSelect
      className={classes.narrow}
      label={t('policies.ring_label')}
      description={value === null ? holds : t('policies.ring_hint')}
      value={value === null ? '' : String(value)}
      error={error}
      data={[
        { value: '', label: t(narrow ? 'policies.choices.inherit' : 'policies.choices.unsaid') },
        ...known.map((number) => ({
          value: String(number),
          label: names[number - 1]
            ? t('policies.ring_option', { number, name: names[number - 1] })
            : t('policies.ring_undefined', { number }),
        })),
      ]}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        onChange(chosen === '' ? null : Number(chosen));
      }}
    />
  );
}
