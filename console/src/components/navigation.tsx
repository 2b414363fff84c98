import { useMediaQuery } from '@mantine/hooks';
import {
  IconBell,
  IconBuildings,
  IconCalendarClock,
  IconClipboardList,
  IconDeviceDesktop,
  IconFolders,
  IconKey,
  IconListCheck,
  IconLogin2,
  IconRefreshDot,
  IconShieldCheck,
  IconTicket,
  IconUserCog,
  IconUsers,
} from '@tabler/icons-react';
import { Link, useRouterState } from '@tanstack/react-router';
import type { Capability } from '@/api/types';
import { AlertBadge } from '@/features/alerts/alert-badge';
import { useSession } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import classes from './navigation.module.css';

/** What a role may never see is not shown. */
const places = [
  { to: '/updates', text: 'navigation.updates', icon: IconRefreshDot, needs: [] },
  { to: '/devices', text: 'navigation.devices', icon: IconDeviceDesktop, needs: [] },
  { to: '/alerts', text: 'navigation.alerts', icon: IconBell, needs: ['read_devices'] },
  {
    to: '/maintenance',
    text: 'navigation.maintenance',
    icon: IconCalendarClock,
    needs: ['read_devices'],
  },
  {
    to: '/tasks',
    text: 'navigation.tasks',
    icon: IconListCheck,
    needs: [],
    also: '/actions',
  },
  { to: '/audit', text: 'navigation.audit', icon: IconClipboardList, needs: ['read_audit'] },
] as const satisfies readonly PlaceDefinition[];

const settings = [
  { to: '/settings/users', text: 'navigation.users', icon: IconUsers, needs: ['manage_users'] },
  {
    to: '/settings/tenants',
    text: 'navigation.tenants',
    icon: IconBuildings,
    needs: ['manage_tenants'],
  },
  {
    // Whose tenants are only their own sees its settings in the same place.
    to: '/settings/tenants',
    text: 'navigation.organisation',
    icon: IconBuildings,
    needs: ['manage_settings'],
    unless: 'manage_tenants',
  },
  {
    to: '/settings/groups',
    text: 'navigation.groups',
    icon: IconFolders,
    needs: ['manage_groups'],
  },
  {
    to: '/settings/update-policies',
    text: 'navigation.update_policies',
    icon: IconShieldCheck,
    needs: ['read_devices'],
  },
  {
    to: '/settings/enrollment',
    text: 'navigation.enrollment',
    icon: IconTicket,
    needs: ['manage_enrollment_tokens'],
  },
  {
    to: '/settings/api-tokens',
    text: 'navigation.api_tokens',
    icon: IconKey,
    needs: ['manage_api_tokens'],
  },
  {
    to: '/settings/sign-in',
    text: 'navigation.openid',
    icon: IconLogin2,
    needs: ['manage_settings'],
  },
  { to: '/settings/profile', text: 'navigation.profile', icon: IconUserCog, needs: [] },
] as const satisfies readonly PlaceDefinition[];

interface PlaceDefinition {
  to: string;
  text: string;
  icon: typeof IconKey;
  needs: readonly Capability[];
  unless?: Capability;
  /** Another address of the same place. */
  also?: string;
}

/** The same widths as in the style sheet. */
const iconsOnlyWidths = '(min-width: 901px) and (max-width: 1360px)';

interface NavigationProps {
  open: boolean;
  onNavigate: () => void;
}

export function Navigation({ open, onNavigate }: NavigationProps) {
  const { t } = useTranslation();
  const { can } = useSession();
  const isOpen = ({ needs, unless }: PlaceDefinition) =>
    needs.every((capability) => can[capability]) && !(unless && can[unless]);
  return (
    <nav className={classes.navigation} data-open={open} aria-label={t('navigation.label')}>
      {places.filter(isOpen).map((place) => (
        <Place key={place.text} {...place} onNavigate={onNavigate} />
      ))}
      <h2 className={classes.section}>{t('navigation.settings')}</h2>
      {settings.filter(isOpen).map((place) => (
        <Place key={place.text} {...place} onNavigate={onNavigate} />
      ))}
    </nav>
  );
}

type PlaceProps = ((typeof places)[number] | (typeof settings)[number]) & {
  onNavigate: () => void;
};

function Place({ to, text, icon: Icon, onNavigate, ...more }: PlaceProps) {
  const { t } = useTranslation();
  const also = 'also' in more ? more.also : null;
  const inside = useRouterState({
    select: ({ location }) => also !== null && location.pathname.startsWith(also),
  });
  const iconsOnly = useMediaQuery(iconsOnlyWidths);
  return (
    <Link
      to={to}
      className={classes.place}
      data-active={inside || undefined}
      data-hint={iconsOnly ? t(text) : undefined}
      activeOptions={{ includeSearch: false }}
      activeProps={{ 'data-active': true }}
      onClick={onNavigate}
    >
      <Icon size={18} stroke={1.7} aria-hidden />
      <span className={classes.text}>{t(text)}</span>
      {to === '/alerts' && <AlertBadge />}
    </Link>
  );
}
