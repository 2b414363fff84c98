import { Menu } from '@mantine/core';
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';
import { useChangeProfile, useSession } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import classes from './header-control.module.css';

export const schemes = ['light', 'dark', 'auto'] as const;

const icons = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop };

export function SchemeSwitch() {
  const { t } = useTranslation();
  const change = useChangeProfile();
  const current = useSession().user.color_scheme;
  const Current = icons[current];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button type="button" className={classes.control} aria-label={t('header.scheme')}>
          <Current size={18} stroke={1.7} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {schemes.map((scheme) => {
          const Icon = icons[scheme];
          return (
            <Menu.RadioItem
              key={scheme}
              value={scheme}
              checked={current === scheme}
              closeMenuOnClick
              rightSection={<Icon size={16} stroke={1.7} aria-hidden />}
              onChange={() => change.mutate({ color_scheme: scheme })}
            >
              {t(`header.scheme_${scheme}`)}
            </Menu.RadioItem>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
