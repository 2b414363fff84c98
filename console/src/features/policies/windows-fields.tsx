import { NativeSelect, Stack } from '@mantine/core';
import type { UpdatePolicy } from '@/api/types';
import { useTranslation } from '@/i18n/use-translation';
import classes from './policy-form.module.css';
import { inheritedSwitch, type SwitchChoice, type SwitchName, switches } from './policy-rules';
import { scopeText } from './policy-words';

const choices = ['inherit', 'on', 'off'] as const satisfies readonly SwitchChoice[];

interface WindowsFieldsProps {
  values: Record<SwitchName, SwitchChoice>;
  wider: readonly UpdatePolicy[];
  tenant: string;
  /** Whether there is a wider scope to inherit from. */
  narrow: boolean;
  onChange: (name: SwitchName, value: SwitchChoice) => void;
}

/** How Windows itself is set up on the devices here. */
export function WindowsFields({ values, wider, tenant, narrow, onChange }: WindowsFieldsProps) {
  const { t } = useTranslation();
  return (
    <Stack gap="md">
      {switches.map((name) => {
        const inherited = inheritedSwitch(wider, name);
        const holds = inherited
          ? t('policies.inherited_from', {
              rule: t(`policies.windows.${name}.${inherited.rule}`),
              whose: scopeText(t, inherited.policy.scope, tenant),
            })
          : t('policies.windows.inherited_none', { rule: t(`policies.windows.${name}.off`) });
        return (
          <div key={name}>
            <NativeSelect
              className={classes.narrow}
              label={t(`policies.windows.${name}.label`)}
              value={values[name]}
              data={choices.map((choice) => ({
                value: choice,
                label:
                  choice === 'inherit'
                    ? t(narrow ? 'policies.choices.inherit' : 'policies.choices.unsaid')
                    : t(`policies.windows.${name}.${choice}`),
              }))}
              onChange={(event) => {
                const chosen = choices.find((choice) => choice === event.currentTarget.value);
                onChange(name, chosen ?? 'inherit');
              }}
            />
            <p className={classes.hint}>
              {values[name] === 'inherit' ? `${holds}. ` : ''}
              {t(`policies.windows.${name}.hint`)}
            </p>
          </div>
        );
      })}
    </Stack>
  );
}
