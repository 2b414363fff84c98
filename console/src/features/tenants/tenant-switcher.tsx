import { IconBuilding, IconChevronDown } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from '@/i18n/use-translation';
import classes from './tenant-switcher.module.css';
import { useTenants } from './tenants';

/** For providers with several tenants; the chosen one is in the address. */
export function TenantSwitcher() {
  const { t } = useTranslation();
  const tenants = useTenants();
  const { tenant } = useSearch({ strict: false });
  const navigate = useNavigate();
  const gone =
    tenants.length > 0 && !tenants.some(({ id }) => tenant === undefined || id === tenant);
  // A tenant that has been deleted cannot stay chosen.
  useEffect(() => {
    if (!gone) return;
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, tenant: undefined, group: undefined }),
      replace: true,
    });
  }, [gone, navigate]);
  if (tenants.length < 2) return null;

  const choose = (value: string) => {
    void navigate({
      to: '.',
      search: (previous) => ({
        ...previous,
        tenant: value === '' ? undefined : value,
        group: undefined,
        cursor: undefined,
        selected: undefined,
      }),
    });
  };

  return (
    <div className={classes.switcher}>
      <IconBuilding size={16} aria-hidden className={classes.icon} />
      <select
        className={classes.select}
        aria-label={t('header.tenant')}
        value={tenant ?? ''}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="">{t('header.all_tenants')}</option>
        {tenants.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <IconChevronDown size={14} aria-hidden className={classes.chevron} />
    </div>
  );
}
