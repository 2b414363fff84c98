import { MultiSelect, Radio, Stack } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';
import { useTenants } from './tenants';

interface ClientsFieldProps {
  /** `null` is all of them, those to come included. */
  value: readonly string[] | null;
  error: string | null;
  onChange: (value: string[] | null) => void;
}

/** Which clients a provider's person or token may see. */
export function ClientsField({ value, error, onChange }: ClientsFieldProps) {
  const { t } = useTranslation();
  const clients = useTenants().filter(({ kind }) => kind === 'client');
  return (
    <div>
      <Radio.Group
        label={t('clients.label')}
        value={value === null ? 'all' : 'some'}
        onChange={(choice) => onChange(choice === 'all' ? null : [...(value ?? [])])}
      >
        <Stack gap={8} mt={6} mb={4}>
          <Radio value="all" label={t('clients.all')} description={t('clients.all_hint')} />
          <Radio value="some" label={t('clients.some')} />
        </Stack>
      </Radio.Group>
      {value !== null && (
        <MultiSelect
          mt={6}
          aria-label={t('clients.chosen')}
          placeholder={value.length === 0 ? t('clients.placeholder') : undefined}
          searchable
          hidePickedOptions
          clearable
          clearButtonProps={{ 'aria-label': t('common.clear') }}
          nothingFoundMessage={t('common.nothing_found')}
          data={clients.map(({ id, name }) => ({ value: id, label: name }))}
          value={[...value]}
          error={error}
          onChange={onChange}
        />
      )}
    </div>
  );
}
