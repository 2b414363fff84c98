import { IconBolt, IconScale, IconShieldCheck, IconUmbrella } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { TenantReference } from '@/api/types';
import { EmptyState } from '@/components/empty-state';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import classes from './policies.module.css';
import { type Preset, presetRules, presets } from './policy-rules';
import { policySummary } from './policy-words';

const icons: Record<Preset, typeof IconBolt> = {
  cautious: IconUmbrella,
  balanced: IconScale,
  fast: IconBolt,
};

interface PolicyPresetsProps {
  tenant: TenantReference;
  mayChange: boolean;
}

/** What a policy does, and three to begin with; choosing one only fills the form in. */
export function PolicyPresets({ tenant, mayChange }: PolicyPresetsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <EmptyState
      icon={IconShieldCheck}
      title={t('policies.empty_title')}
      body={t(mayChange ? 'policies.empty_body' : 'policies.empty_viewer')}
    >
      {mayChange && (
        <ul className={classes.presets} aria-label={t('policies.presets.label')}>
          {presets.map((preset) => {
            const Icon = icons[preset];
            return (
              <li key={preset}>
                <Link
                  to="/settings/update-policies/new"
                  search={{ tenant: tenant.id, preset }}
                  className={classes.preset}
                >
                  <span className={classes.presetName}>
                    <Icon size={18} stroke={1.7} aria-hidden />
                    {t(`policies.presets.${preset}`)}
                  </span>
                  <span>{t(`policies.presets.${preset}_hint`)}</span>
                  <span className={classes.dim}>
                    {policySummary(t, format, presetRules[preset], [])}
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
