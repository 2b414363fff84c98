import { PageViews } from '@/components/page-views';
import { useTranslation } from '@/i18n/use-translation';

const views = [
  { to: '/tasks', text: 'tasks.title' },
  { to: '/actions', text: 'actions.list_title' },
] as const;

/** What runs on each device, and what was asked for on all of them; each has an address. */
export function TasksViews() {
  const { t } = useTranslation();
  return (
    <PageViews
      label={t('tasks.views')}
      views={views.map(({ to, text }) => ({ to, text: t(text) }))}
    />
  );
}
