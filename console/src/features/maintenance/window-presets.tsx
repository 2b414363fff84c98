import {
  IconBeach,
  IconCalendarClock,
  IconCalendarRepeat,
  IconMoonStars,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { TenantReference } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import classes from './maintenance.module.css';
import { presetDefinitions, type WindowPreset, windowPresets } from './window-rules';
import { windowSentence } from './window-words';

const icons: Record<WindowPreset, typeof IconBeach> = {
  weeknights: IconMoonStars,
  weekend: IconBeach,
  patch_days: IconCalendarRepeat,
  sunday_night: IconCalendarClock,
};

interface WindowPresetsProps {
  tenant: TenantReference;
  mayChange: boolean;
}

/** What a window does, and some to begin with; choosing one only fills the form in. */
export function WindowPresets({ tenant, mayChange }: WindowPresetsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <EmptyState
      icon={IconCalendarClock}
      title={t('maintenance.empty_title')}
      body={t(mayChange ? 'maintenance.empty_body' : 'maintenance.empty_viewer')}
    >
      {mayChange && (
        <ul className={classes.presets} aria-label={t('maintenance.presets.label')}>
          {windowPresets.map((preset) => {
            const Icon = icons[preset];
            return (
              <li key={preset}>
                <Link
                  to="/maintenance/windows/new"
                  search={{ tenant: tenant.id, preset }}
                  className={classes.preset}
                >
                  <span className={classes.presetName}>
                    <Icon size={18} stroke={1.7} aria-hidden />
                    {t(`maintenance.presets.${preset}`)}
                  </span>
                  <span>{t(`maintenance.presets.${preset}_hint`)}</span>
                  <span className={classes.dim}>
                    {windowSentence(t, format, presetDefinitions[preset])}
                  </span>
                </Link>
              </li>
            );
          })}
        </ul>
      )}
    </EmptyState>
  );
}
