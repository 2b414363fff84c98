import { FilterSelect } from '@/components/table/filter-select';
import { SearchField } from '@/components/table/search-field';
import { useGroupOptions } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import type { DeviceSearch, TenantDeviceSearch } from './device-search';

interface DeviceFiltersProps {
  search: TenantDeviceSearch;
  onChange: (values: Partial<DeviceSearch>, replace?: boolean) => void;
}

export function DeviceFilters({ search, onChange }: DeviceFiltersProps) {
  const { t } = useTranslation();
  const groups = useGroupOptions(search.tenant);
  return (
    <>
      <SearchField
        label={t('filters.search_devices')}
        value={search.search}
        onChange={(text) => onChange({ search: text }, true)}
      />
      {groups.length > 0 && (
        <FilterSelect
          label={t('filters.group')}
          any={t('filters.any_group')}
          value={search.group}
          options={groups}
          onChange={(group) => onChange({ group })}
        />
      )}
      <FilterSelect
        label={t('filters.system')}
        any={t('filters.any_system')}
        value={search.system}
        options={[
          { value: 'windows', label: t('filters.windows') },
          { value: 'linux', label: t('filters.linux') },
        ]}
        onChange={(system) => onChange({ system })}
      />
      <FilterSelect
        label={t('filters.connection')}
        any={t('filters.any_connection')}
        value={search.contact}
        options={[
          { value: 'online', label: t('devices.online') },
          { value: 'offline', label: t('devices.offline') },
        ]}
        onChange={(contact) => onChange({ contact })}
      />
    </>
  );
}
