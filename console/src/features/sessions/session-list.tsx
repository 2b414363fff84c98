import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import type { UserSession } from '@/api/types';
import { RelativeTime } from '@/components/relative-time';
import { StateBadge } from '@/components/state-badge';
import { useTranslation } from '@/i18n/use-translation';
import classes from './session-list.module.css';
import { parseUserAgent } from './user-agent';

export function userAgentText(t: TFunction, text: string | null): string {
  const { program, system } = parseUserAgent(text ?? '');
  if (program && system) return t('sessions.program_on', { program, system });
  return program ?? system ?? t('sessions.program_unknown');
}

const mobile = ['Android', 'iOS'];

interface SessionListProps {
  sessions: readonly UserSession[];
  label: string;
  /** What can be done with one session. */
  action?: (session: UserSession, name: string) => ReactNode;
}

export function SessionList({ sessions, label, action }: SessionListProps) {
  const { t } = useTranslation();
  return (
    <ul className={classes.list} aria-label={label}>
      {sessions.map((session) => {
        const system = parseUserAgent(session.user_agent ?? '').system;
        const Icon = system && mobile.includes(system) ? IconDeviceMobile : IconDeviceDesktop;
        const name = userAgentText(t, session.user_agent ?? null);
        return (
          <li key={session.id} className={classes.session}>
            <Icon size={20} stroke={1.6} aria-hidden className={classes.icon} />
            <div className={classes.text}>
              <span className={classes.name} data-hint={session.user_agent ?? undefined}>
                {name}
              </span>
              <span className={classes.facts}>
                {session.address && <span>{session.address}</span>}
                <span>{t(`sessions.method_${session.method}`)}</span>
                <span>
                  {t('sessions.since')} <RelativeTime at={session.created_at} />
                </span>
                {!session.current && (
                  <span>
                    {t('sessions.last_seen')} <RelativeTime at={session.last_seen_at} />
                  </span>
                )}
              </span>
            </div>
            {session.current ? (
              <StateBadge tone="ok" filled>
                {t('sessions.current')}
              </StateBadge>
            ) : (
              action?.(session, name)
            )}
          </li>
        );
      })}
    </ul>
  );
}
