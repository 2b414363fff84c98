import { Radio, Stack } from '@mantine/core';
import type { UpdatePolicy } from '@/api/types';
import { RestartFields } from '@/features/actions/restart-fields';
import { useTranslation } from '@/i18n/use-translation';
import classes from './policy-form.module.css';
import { inheritedRestart, type RestartDraft } from './policy-rules';
import { restartText, scopeText } from './policy-words';

const choices = ['inherit', 'manual', 'automatic'] as const;

interface RestartFieldProps {
  value: RestartDraft;
  wider: readonly UpdatePolicy[];
  tenant: string;
  /** Whether there is a wider scope to inherit from. */
  narrow: boolean;
  error: string | null;
  onChange: (value: RestartDraft) => void;
}

/** How the devices here come to restart when they wait for it. */
export function RestartField(props: RestartFieldProps) {
  const { value, wider, tenant, narrow, error, onChange } = props;
  const { t } = useTranslation();
  const inherited = inheritedRestart(wider);
  const holds = inherited
    ? t('policies.inherited_from', {
        rule: restartText(t, inherited.rule),
        whose: scopeText(t, inherited.policy.scope, tenant),
      })
    : t('policies.inherited_none');
  return (
    <Stack gap="sm">
      <Radio.Group
        label={t('policies.restart.label')}
        description={t('policies.restart.hint')}
        value={value.choice}
        error={error}
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
          <Radio value="manual" label={t('policies.choices.manual')} />
          <Radio
            value="automatic"
            label={t('policies.choices.automatic')}
            description={t('policies.restart.automatic_hint')}
          />
        </Stack>
      </Radio.Group>
      {value.choice === 'automatic' && (
        <div className={classes.courtesy}>
          <RestartFields
            courtesy={value}
            onChange={(courtesy) => onChange({ ...value, ...courtesy })}
          />
        </div>
      )}
    </Stack>
  );
}
