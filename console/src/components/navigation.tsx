import { useMediaQuery } from '@mantine/hooks';
import {
  IconDeviceDesktop,
  IconListCheck,
  IconRefreshDot,
  IconTicket,
  IconUserCog,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useCan } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import classes from './navigation.module.css';

const places = [
  { to: '/updates', text: 'navigation.updates', icon: IconRefreshDot },
  { to: '/devices', text: 'navigation.devices', icon: IconDeviceDesktop },
  { to: '/tasks', text: 'navigation.tasks', icon: IconListCheck },
] as const;

const settings = [
  { to: '/settings/enrollment', text: 'navigation.enrollment', icon: IconTicket },
  { to: '/settings/profile', text: 'navigation.profile', icon: IconUserCog },
] as const;

/** The same widths as in the style sheet. */
const iconsOnlyWidths = '(min-width: 901px) and (max-width: 1360px)';

interface NavigationProps {
  open: boolean;
  onNavigate: () => void;
}

export function Navigation({ open, onNavigate }: NavigationProps) {
  const { t } = useTranslation();
  const mayEnroll = useCan('manage_enrollment_tokens');
  const shownSettings = settings.filter(({ to }) => mayEnroll || to !== '/settings/enrollment');
  return (
    <nav className={classes.navigation} data-open={open} aria-label={t('navigation.label')}>
      {places.map((place) => (
        <Place key={place.to} {...place} onNavigate={onNavigate} />
      ))}
      <h2 className={classes.section}>{t('navigation.settings')}</h2>
      {shownSettings.map((place) => (
        <Place key={place.to} {...place} onNavigate={onNavigate} />
      ))}
    </nav>
  );
}

type PlaceProps = ((typeof places)[number] | (typeof settings)[number]) & {
  onNavigate: () => void;
};

function Place({ to, text, icon: Icon, onNavigate }: PlaceProps) {
  const { t } = useTranslation();
  const iconsOnly = useMediaQuery(iconsOnlyWidths);
  return (
    <Link
      to={to}
      className={classes.place}
      data-hint={iconsOnly ? t(text) : undefined}
      activeOptions={{ includeSearch: false }}
      activeProps={{ 'data-active': true }}
      onClick={onNavigate}
    >
      <Icon size={18} stroke={1.7} aria-hidden />
      <span className={classes.text}>{t(text)}</span>
    </Link>
  );
}
