import { PageViews } from '@/components/page-views';
import { useTranslation } from '@/i18n/use-translation';

const views = [
  { to: '/updates', text: 'updates.by_device' },
  { to: '/updates/by-update', text: 'updates.by_update' },
] as const;

/** The two ways to look at updates, each with an address of its own. */
export function UpdatesViews() {
  const { t } = useTranslation();
  return (
    <PageViews
      label={t('updates.views')}
      views={views.map(({ to, text }) => ({ to, text: t(text) }))}
    />
  );
}
