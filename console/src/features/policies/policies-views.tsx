import { PageViews } from '@/components/page-views';
import { useTranslation } from '@/i18n/use-translation';

const views = [
  { to: '/settings/update-policies', text: 'policies.views.rules' },
  { to: '/settings/update-policies/approvals', text: 'policies.views.decisions' },
  { to: '/settings/update-policies/rings', text: 'policies.views.rollouts' },
] as const;

/** The three sides of policies, each with an address of its own. */
export function PoliciesViews() {
  const { t } = useTranslation();
  return (
    <PageViews
      label={t('policies.views.label')}
      views={views.map(({ to, text }) => ({ to, text: t(text) }))}
    />
  );
}
