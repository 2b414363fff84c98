import { Checkbox, Radio, Stack } from '@mantine/core';
import type { UpdateCategory } from '@/api/types';
import { useTranslation } from '@/i18n/use-translation';
import classes from './choice-fields.module.css';
import type { UpdateChoice } from './schedule';

/** In the order in which an administrator thinks of them. */
const categories = [
  'security',
  'critical',
  'update_rollup',
  'definition',
  'service_pack',
  'feature_pack',
  'feature_update',
  'driver',
  'tool',
  'optional',
  'other',
] as const satisfies readonly UpdateCategory[];

interface ChoiceFieldsProps {
  choice: UpdateChoice;
  missing: boolean;
  onChange: (choice: UpdateChoice) => void;
}

export function ChoiceFields({ choice, missing, onChange }: ChoiceFieldsProps) {
  const { t } = useTranslation();
  const choose = (values: string[]) =>
    onChange({ ...choice, categories: categories.filter((known) => values.includes(known)) });
  return (
    <Stack gap="sm">
      <Radio.Group
        label={t('actions.choice')}
        value={choice.byCategory ? 'categories' : 'all'}
        onChange={(value) => onChange({ ...choice, byCategory: value === 'categories' })}
      >
        <Stack gap={8} mt={6}>
          <Radio value="all" label={t('actions.choice_all')} />
          <Radio
            value="categories"
            label={t('actions.choice_categories')}
            description={t('actions.choice_categories_hint')}
          />
        </Stack>
      </Radio.Group>
      {choice.byCategory && (
        <Checkbox.Group
          label={t('actions.categories')}
          value={[...choice.categories]}
          onChange={choose}
          error={missing ? t('actions.categories_missing') : null}
        >
          <div className={classes.categories}>
            {categories.map((category) => (
              <Checkbox
                key={category}
                value={category}
                label={t(`update_categories.${category}`)}
              />
            ))}
          </div>
        </Checkbox.Group>
      )}
    </Stack>
  );
}
