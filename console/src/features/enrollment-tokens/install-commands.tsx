import { Loader, Tabs } from '@mantine/core';
import { IconBrandWindows, IconCircleCheck, IconTerminal2 } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { IssuedEnrollmentToken } from '@/api/types';
import { CopyField } from '@/components/copy-field';
import { useLoss } from '@/components/form/unsaved';
import { platformText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useArrivals } from './enrollment-tokens';
import classes from './install-commands.module.css';

/** The token in its only appearance: one line to paste for each system. */
export function InstallCommands({ created }: { created: IssuedEnrollmentToken }) {
  const { t } = useTranslation();
  const [taken, setTaken] = useState(false);
  useLoss(taken ? null : 'shown_once');
  const commands = created.install_commands;
  const isWindows = (platform: string) => platform.startsWith('windows');
  return (
    <div className={classes.commands}>
      <p className={classes.once}>{t('enrollment.shown_once')}</p>
      {commands.length === 0 ? (
        <div>
          <p className={classes.hint}>{t('enrollment.no_programs')}</p>
          <CopyField
            value={`latarnik-agent install ${created.token}`}
            label={t('enrollment.command')}
            onCopy={() => setTaken(true)}
          />
        </div>
      ) : (
        <Tabs defaultValue={commands[0]?.platform ?? null}>
          <Tabs.List aria-label={t('enrollment.command')}>
            {commands.map(({ platform }) => {
              const Icon = isWindows(platform) ? IconBrandWindows : IconTerminal2;
              return (
                <Tabs.Tab
                  key={platform}
                  value={platform}
                  leftSection={<Icon size={16} aria-hidden />}
                >
                  {platformText(t, platform)}
                </Tabs.Tab>
              );
            })}
          </Tabs.List>
          {commands.map(({ platform, command }) => (
            <Tabs.Panel key={platform} value={platform} pt="sm">
              <p className={classes.hint}>
                {t(isWindows(platform) ? 'enrollment.run_windows' : 'enrollment.run_linux')}
              </p>
              <CopyField
                value={command}
                label={t('enrollment.command_for', { system: platformText(t, platform) })}
                onCopy={() => setTaken(true)}
              />
            </Tabs.Panel>
          ))}
        </Tabs>
      )}
      <Arrivals since={created.enrollment_token.created_at} />
    </div>
  );
}

function Arrivals({ since }: { since: string }) {
  const { t } = useTranslation();
  const arrivals = useArrivals(since);
  const first = arrivals[0];
  return (
    <div className={classes.arrivals} role="status" data-arrived={first !== undefined}>
      {first ? (
        <>
          <IconCircleCheck size={20} aria-hidden />
          <span className={classes.message}>
            <strong>{t('enrollment.arrived', { name: first.hostname })}</strong>{' '}
            {arrivals.length > 1 && t('enrollment.arrived_more', { count: arrivals.length - 1 })}
          </span>
          <Link to="/devices/$deviceId" params={{ deviceId: first.id }}>
            {t('enrollment.open_device', { name: first.hostname })}
          </Link>
        </>
      ) : (
        <>
          <Loader size={18} type="dots" aria-hidden />
          <span className={classes.message}>
            <strong>{t('enrollment.waiting')}</strong> {t('enrollment.waiting_hint')}
          </span>
        </>
      )}
    </div>
  );
}
