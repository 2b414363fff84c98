import type { TFunction } from 'i18next';
import type { User } from '@/api/types';
import { RelativeTime } from '@/components/relative-time';
import { StateBadge } from '@/components/state-badge';
import classes from '@/components/table/cells.module.css';
import { useTranslation } from '@/i18n/use-translation';
import { useNow } from '@/util/use-now';

export function UserName({ user }: { user: User }) {
  return (
    <div className={classes.stack}>
      <strong className={classes.cut} data-cut>
        {user.name}
      </strong>
      <span className={classes.dim} data-hint={user.email}>
        {user.email}
      </span>
    </div>
  );
}

export function clientsText(t: TFunction, clients: User['clients']): string | null {
  return clients ? t('clients.count', { count: clients.length }) : null;
}

export function UserRole({ user }: { user: User }) {
  const { t } = useTranslation();
  const clients = clientsText(t, user.clients);
  return (
    <div className={classes.stack}>
      <span data-hint={t(`role_hints.${user.role}`)}>{t(`roles.${user.role}`)}</span>
      {clients && (
        <span
          className={classes.dim}
          data-hint={user.clients?.map(({ name }) => name).join('\n') || undefined}
        >
          {clients}
        </span>
      )}
    </div>
  );
}

export function UserState({ user }: { user: User }) {
  const { t } = useTranslation();
  const now = useNow();
  if (user.state === 'active') {
    return <StateBadge tone="ok">{t('users.states.active')}</StateBadge>;
  }
  if (user.state === 'disabled') {
    return <StateBadge tone="neutral">{t('users.states.disabled')}</StateBadge>;
  }
  const expires = user.invitation_expires_at;
  if (expires && Date.parse(expires) <= now) {
    return (
      <StateBadge tone="attention" hint={t('users.invitation_expired_hint')}>
        {t('users.states.invitation_expired')}
      </StateBadge>
    );
  }
  return (
    <div className={classes.stack}>
      <StateBadge tone="waiting">{t('users.states.invited')}</StateBadge>
      {expires && (
        <span className={classes.dim}>
          {t('users.link_expires')} <RelativeTime at={expires} />
        </span>
      )}
    </div>
  );
}

export function UserSecondFactor({ user }: { user: User }) {
  const { t } = useTranslation();
  if (user.second_factor === 'on') {
    return <StateBadge tone="ok">{t('users.factor_on')}</StateBadge>;
  }
  return <StateBadge tone="neutral">{t('users.factor_off')}</StateBadge>;
}
