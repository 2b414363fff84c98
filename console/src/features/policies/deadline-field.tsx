import { NumberInput, Radio, Stack } from '@mantine/core';
import type { FocusEvent } from 'react';
import type { UpdatePolicy } from '@/api/types';
import { useTranslation } from '@/i18n/use-translation';
import classes from './policy-form.module.css';
import { type DeadlineDraft, inheritedDeadline, longestDays } from './policy-rules';
import { deadlineText, scopeText } from './policy-words';

const choices = ['inherit', 'none', 'days'] as const;

interface DeadlineFieldProps {
  value: DeadlineDraft;
  wider: readonly UpdatePolicy[];
  tenant: string;
  /** Whether there is a wider scope to inherit from. */
  narrow: boolean;
  error: string | null;
  onChange: (value: DeadlineDraft) => void;
  onLeave: (event: FocusEvent) => void;
}

export function DeadlineField(props: DeadlineFieldProps) {
  const { value, wider, tenant, narrow, error, onChange, onLeave } = props;
  const { t } = useTranslation();
  const inherited = inheritedDeadline(wider);
  const holds = inherited
    ? t('policies.inherited_from', {
        rule: deadlineText(t, inherited.rule),
        whose: scopeText(t, inherited.policy.scope, tenant),
      })
    : t('policies.deadline_inherited_none');
  return (
    <>
      <Radio.Group
        label={t('policies.deadline_label')}
        description={t('policies.deadline_hint')}
        value={value.choice}
        onChange={(chosen) =>
          onChange({ ...value, choice: choices.find((choice) => choice === chosen) ?? 'inherit' })
        }
      >
        <Stack gap={8} mt={8} mb={4}>
          <Radio
            value="inherit"
            label={t(narrow ? 'policies.choices.inherit' : 'policies.choices.unsaid')}
            description={holds}
          />
          <Radio value="none" label={t('policies.deadline_none')} />
          <Radio value="days" label={t('policies.deadline_some')} />
        </Stack>
      </Radio.Group>
      {value.choice === 'days' && (
        <NumberInput
          mt={6}
          className={classes.deadline}
          label={t('policies.deadline_days')}
          min={1}
          max={longestDays}
          clampBehavior="none"
          allowDecimal={false}
          allowNegative={false}
          hideControls
          value={value.days}
          error={error}
          onChange={(days) => onChange({ ...value, days: typeof days === 'number' ? days : '' })}
          onBlur={onLeave}
        />
      )}
      {value.choice !== 'days' && error !== null && (
        <p className={classes.error} role="alert">
          {error}
        </p>
      )}
    </>
  );
}
