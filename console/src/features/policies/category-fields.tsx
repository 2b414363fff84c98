import { NativeSelect, NumberInput } from '@mantine/core';
import type { FocusEvent } from 'react';
import type { UpdateCategory, UpdatePolicy } from '@/api/types';
import { updateCategories } from '@/features/updates/update-search';
import { useTranslation } from '@/i18n/use-translation';
import classes from './policy-form.module.css';
import {
  type CategoryChoice,
  type CategoryDraft,
  inheritedCategory,
  longestDays,
  type PolicyDraft,
} from './policy-rules';
import { ruleText, scopeText } from './policy-words';

const choices = ['inherit', 'manual', 'automatic'] as const satisfies readonly CategoryChoice[];

/** Those whose installation surprises people. */
const explained = ['driver', 'feature_update'] as const;

interface CategoryFieldsProps {
  categories: PolicyDraft['categories'];
  wider: readonly UpdatePolicy[];
  tenant: string;
  /** Whether there is a wider scope to inherit from. */
  narrow: boolean;
  error: string | null;
  onChange: (categories: PolicyDraft['categories']) => void;
  onLeave: (event: FocusEvent) => void;
}

export function CategoryFields(props: CategoryFieldsProps) {
  const { t } = useTranslation();
  const { categories, wider, tenant, narrow, error, onChange, onLeave } = props;
  return (
    <>
      <p className={classes.hint}>{t('policies.categories_hint')}</p>
      <ul className={classes.categories}>
        {updateCategories.map((category) => (
          <CategoryRow
            key={category}
            category={category}
            value={categories[category]}
            wider={wider}
            tenant={tenant}
            narrow={narrow}
            wrong={error !== null}
            onChange={(value) => onChange({ ...categories, [category]: value })}
            onLeave={onLeave}
          />
        ))}
      </ul>
      {error !== null && (
        <p className={classes.error} role="alert">
          {error}
        </p>
      )}
    </>
  );
}

interface CategoryRowProps {
  category: UpdateCategory;
  value: CategoryDraft;
  wider: readonly UpdatePolicy[];
  tenant: string;
  narrow: boolean;
  wrong: boolean;
  onChange: (value: CategoryDraft) => void;
  onLeave: (event: FocusEvent) => void;
}

function CategoryRow(props: CategoryRowProps) {
  const { t } = useTranslation();
  const { category, value, wider, tenant, narrow, wrong, onChange, onLeave } = props;
  const name = t(`update_categories.${category}`);
  const why = explained.find((surprising) => surprising === category);
  const inherited = inheritedCategory(wider, category);
  const holds = inherited
    ? t('policies.inherited_from', {
        rule: ruleText(t, inherited.rule),
        whose: scopeText(t, inherited.policy.scope, tenant),
      })
    : t('policies.inherited_none');
  const outOfRange = value.days === '' || !Number.isInteger(value.days) || value.days > longestDays;
  return (
    <li className={classes.category}>
      <div className={classes.categoryName}>
        <span>{name}</span>
        {why && <span className={classes.dim}>{t(`policies.explained.${why}`)}</span>}
      </div>
      <div className={classes.categoryRule}>
        <NativeSelect
          aria-label={t('policies.category_choice', { category: name })}
          className={classes.choice}
          value={value.install}
          data={choices.map((choice) => ({
            value: choice,
            label: t(
              choice === 'inherit' && !narrow
                ? 'policies.choices.unsaid'
                : `policies.choices.${choice}`,
            ),
          }))}
          onChange={(event) => {
            const install = choices.find((choice) => choice === event.currentTarget.value);
            onChange({ ...value, install: install ?? 'inherit' });
          }}
        />
        {value.install === 'automatic' && (
          <span className={classes.after}>
            {t('policies.after')}
            <NumberInput
              aria-label={t('policies.category_days', { category: name })}
              className={classes.days}
              min={0}
              max={longestDays}
              clampBehavior="none"
              allowDecimal={false}
              allowNegative={false}
              hideControls
              value={value.days}
              error={wrong && outOfRange}
              onChange={(days) =>
                onChange({ ...value, days: typeof days === 'number' ? days : '' })
              }
              onBlur={onLeave}
            />
            {t('policies.after_days', { count: value.days === '' ? 0 : value.days })}
            {value.days === 0 && <span className={classes.dim}>{t('policies.days_at_once')}</span>}
          </span>
        )}
        {value.install === 'inherit' && <span className={classes.dim}>{holds}</span>}
      </div>
    </li>
  );
}
