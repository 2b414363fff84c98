import { Select } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';

interface TimeZoneSelectProps {
  value: string;
  error: string | null;
  onChange: (zone: string) => void;
}

/** Beyond this many nobody scrolls: one types. */
const shown = 60;

function zones(current: string): string[] {
  return [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', current])]
    .filter((zone) => zone !== '')
    .sort((one, other) => one.localeCompare(other, 'en'));
}

export function TimeZoneSelect({ value, error, onChange }: TimeZoneSelectProps) {
  const { t } = useTranslation();
  return (
    <Select
      label={t('tenants.time_zone')}
      description={t('tenants.time_zone_hint')}
      searchable
      allowDeselect={false}
      limit={shown}
      nothingFoundMessage={t('common.nothing_found')}
      data={zones(value).map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }))}
      value={value}
      error={error}
      // Typing searches anew instead of going on behind the chosen zone.
      onFocus={(event) => event.currentTarget.select()}
      onChange={(zone) => {
        if (zone !== null) onChange(zone);
      }}
    />
  );
}
