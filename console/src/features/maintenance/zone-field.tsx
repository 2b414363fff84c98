import { Select } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';
import classes from './maintenance.module.css';

interface ZoneFieldProps {
  /** Empty is each device's own. */
  value: string;
  error: string | null;
  onChange: (zone: string) => void;
}

/** Beyond this many nobody scrolls: one types. */
const shown = 60;
const own = 'own';

function zones(current: string): string[] {
  return [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', current])]
    .filter((zone) => zone !== '')
    .sort((one, other) => one.localeCompare(other, 'en'));
}

/** Each device's own clock, or the same one for all. */
export function ZoneField({ value, error, onChange }: ZoneFieldProps) {
  const { t } = useTranslation();
  return (
    <Select
      className={classes.narrow}
      label={t('maintenance.zone')}
      description={t('maintenance.zone_hint')}
      searchable
      allowDeselect={false}
      limit={shown}
      nothingFoundMessage={t('common.nothing_found')}
      data={[
        { value: own, label: t('maintenance.zone_own') },
        ...zones(value).map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') })),
      ]}
      value={value === '' ? own : value}
      error={error}
      // Typing searches anew instead of going on behind the chosen zone.
      onFocus={(event) => event.currentTarget.select()}
      onChange={(zone) => {
        if (zone !== null) onChange(zone === own ? '' : zone);
      }}
    />
  );
}
