import { Link } from '@tanstack/react-router';
import type { Task } from '@/api/types';
import { Card, Fact, Facts } from '@/components/page';
import { useExactTime } from '@/components/relative-time';
import { useTranslation } from '@/i18n/use-translation';
import { scopeText, useWhenText } from './task-cells';

export function TaskDetails({ task }: { task: Task }) {
  const { t } = useTranslation();
  const whenText = useWhenText();
  const exact = useExactTime();
  return (
    <Card title={t('tasks.details')}>
      <Facts>
        <Fact name={t('columns.device')}>
          <Link to="/devices/$deviceId" params={{ deviceId: task.device.id }}>
            {task.device.hostname}
          </Link>
        </Fact>
        <Fact name={t('tasks.when')}>
          {whenText(task.when)}
          {task.breaks_windows && <div>{t('maintenance.breaks')}</div>}
        </Fact>
        {task.kind === 'install_updates' && (
          <Fact name={t('tasks.scope')}>
            {scopeText(t, task.update_keys?.length ?? null, task.categories ?? null)}
          </Fact>
        )}
        {task.deadline && <Fact name={t('tasks.deadline')}>{exact(task.deadline)}</Fact>}
        {typeof task.delay_minutes === 'number' && (
          <Fact name={t('tasks.delay')}>
            {t('tasks.delay_minutes', { count: task.delay_minutes })}
          </Fact>
        )}
        {task.postponements && (
          <Fact name={t('tasks.postponements')}>
            {t('tasks.postponements_allowed', {
              count: task.postponements.most,
              minutes: task.postponements.minutes,
            })}
          </Fact>
        )}
        {task.if_pending && <Fact name={t('tasks.condition')}>{t('tasks.if_pending')}</Fact>}
        <Fact name={t('tasks.exit_code')}>
          {typeof task.exit_code === 'number' ? <code>{task.exit_code}</code> : t('common.none')}
        </Fact>
        <Fact name={t('devices.identifier')}>
          <code>{task.id}</code>
        </Fact>
      </Facts>
    </Card>
  );
}
