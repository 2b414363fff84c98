import { NumberInput, Radio, Stack } from '@mantine/core';
import type { FocusEvent } from 'react';
import { useTranslation } from '@/i18n/use-translation';
import { longestRetention, type Retention, shortestRetention } from './retention';
import classes from './tenants-page.module.css';

interface RetentionFieldProps {
  value: Retention;
  error: string | null;
  onChange: (value: Retention) => void;
  onLeave: (event: FocusEvent) => void;
}

const suggested = 730;

export function RetentionField({ value, error, onChange, onLeave }: RetentionFieldProps) {
  const { t } = useTranslation();
  return (
    <div>
      <Radio.Group
        label={t('tenants.retention')}
        value={value === null ? 'for_ever' : 'days'}
        onChange={(choice) => onChange(choice === 'days' ? suggested : null)}
      >
        <Stack gap={8} mt={6} mb={4}>
          <Radio value="for_ever" label={t('tenants.retention_for_ever')} />
          <Radio
            value="days"
            label={t('tenants.retention_limited')}
            description={t('tenants.retention_limited_hint')}
          />
        </Stack>
      </Radio.Group>
      {value !== null && (
        <NumberInput
          mt={6}
          className={classes.days}
          label={t('tenants.retention_days')}
          min={shortestRetention}
          max={longestRetention}
          clampBehavior="none"
          allowDecimal={false}
          allowNegative={false}
          hideControls
          value={value}
          error={error}
          onChange={(days) => onChange(typeof days === 'number' ? days : '')}
          onBlur={onLeave}
        />
      )}
    </div>
  );
}
