import { Link } from '@tanstack/react-router';
import type { Task } from '@/api/types';
import { Card, Fact, Facts } from '@/components/page';
import { useTranslation } from '@/i18n/use-translation';
import { useWhenText } from './task-cells';

export function TaskDetails({ task }: { task: Task }) {
  const { t } = useTranslation();
  const whenText = useWhenText();
  return (
    <Card title={t('tasks.details')}>
      <Facts>
        <Fact name={t('columns.device')}>
          <Link to="/devices/$deviceId" params={{ deviceId: task.device.id }}>
            {task.device.hostname}
          </Link>
        </Fact>
        <Fact name={t('tasks.when')}>{whenText(task.when)}</Fact>
        {task.kind === 'install_updates' && (
          <Fact name={t('tasks.scope')}>
            {task.update_keys
              ? t('common.updates', { count: task.update_keys.length })
              : t('tasks.scope_all')}
          </Fact>
        )}
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
