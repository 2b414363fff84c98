import { Button } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ActionKind, Device } from '@/api/types';
import { GuardedButton } from '@/components/guarded-button';
import { splitByAbility, type Wish } from '@/features/actions/schedule';
import { useCan } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import type { Selection } from '@/util/query-string';
import classes from './bulk-bar.module.css';

interface BulkBarProps {
  devices: readonly Device[];
  selection: Selection;
  total: number | null;
  pageFull: boolean;
  onSelectMatching: () => void;
  onClear: () => void;
  onAsk: (wish: Wish) => void;
}

const nothingFor = {
  scan: 'disabled.forbidden',
  install_updates: 'disabled.none_selected_has_updates',
  restart: 'disabled.none_selected_needs_restart',
} as const;

export function BulkBar(props: BulkBarProps) {
  const { t } = useTranslation();
  const { devices, selection, total } = props;
  const mayScan = useCan('scan_devices');
  const mayInstall = useCan('install_updates');
  const mayRestart = useCan('restart_devices');
  const matching = selection.type === 'matching';
  const reasonFor = (kind: ActionKind) => {
    if (matching || splitByAbility(devices, kind).able.length > 0) return null;
    return t(nothingFor[kind]);
  };
  const offersAll = !matching && props.pageFull && total !== null && total > devices.length;
  return (
    <section className={classes.bar} aria-label={t('updates.selection')}>
      <strong>
        {matching
          ? t('updates.all_matching', { count: total ?? devices.length })
          : t('updates.selected', { count: devices.length })}
      </strong>
      {mayScan && (
        <GuardedButton
          variant="default"
          reason={reasonFor('scan')}
          onClick={() => props.onAsk({ kind: 'scan' })}
        >
          {t('updates.scan')}
        </GuardedButton>
      )}
      {mayInstall && (
        <>
          <GuardedButton
            variant="default"
            reason={reasonFor('install_updates')}
            onClick={() => props.onAsk({ kind: 'install_updates' })}
          >
            {t('updates.install')}
          </GuardedButton>
          <GuardedButton
            variant="default"
            reason={reasonFor('install_updates')}
            onClick={() => props.onAsk({ kind: 'install_updates', byCategory: true })}
          >
            {t('actions.install_by_category')}
          </GuardedButton>
        </>
      )}
      {mayRestart && (
        <GuardedButton
          variant="default"
          reason={reasonFor('restart')}
          onClick={() => props.onAsk({ kind: 'restart' })}
        >
          {t('updates.restart_ellipsis')}
        </GuardedButton>
      )}
      {offersAll && (
        <Button variant="subtle" onClick={props.onSelectMatching}>
          {t('updates.select_matching', { count: total })}
        </Button>
      )}
      <Button
        className={classes.clear}
        variant="subtle"
        color="gray"
        c="inherit"
        leftSection={<IconX size={15} aria-hidden />}
        onClick={props.onClear}
      >
        {t('updates.clear_selection')}
      </Button>
    </section>
  );
}
