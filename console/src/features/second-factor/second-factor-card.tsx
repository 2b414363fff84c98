import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import { FormDialog } from '@/components/form/form-dialog';
import { GuardedButton } from '@/components/guarded-button';
import { Card } from '@/components/page';
import { StateBadge } from '@/components/state-badge';
import { useSession } from '@/features/session/session';
import { disabledText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { CodeForm } from './code-form';
import { RecoveryCodes } from './recovery-codes';
import { isRunningLow, useDisableTotp, useRenewRecoveryCodes } from './second-factor';
import { SecondFactorSetup } from './second-factor-setup';

type Task = 'set_up' | 'replace' | 'renew' | 'turn_off';

export function SecondFactorCard() {
  const { t } = useTranslation();
  const { second_factor } = useSession();
  const [task, setTask] = useState<Task | null>(null);
  const close = () => setTask(null);
  return (
    <Card title={t('second_factor.card')}>
      {second_factor.state === 'on' ? <On onTask={setTask} /> : <Off onTask={setTask} />}
      {(task === 'set_up' || task === 'replace') && (
        <FormDialog title={t(`second_factor.${task}`)} size={560} onClose={close}>
          <SecondFactorSetup replacing={task === 'replace'} onDone={close} />
        </FormDialog>
      )}
      {task === 'renew' && <RenewDialog onClose={close} />}
      {task === 'turn_off' && <TurnOffDialog onClose={close} />}
    </Card>
  );
}

function Off({ onTask }: { onTask: (task: Task) => void }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" align="flex-start">
      <StateBadge tone="attention" filled>
        {t('second_factor.off')}
      </StateBadge>
      <Text>{t('second_factor.off_hint')}</Text>
      <Button onClick={() => onTask('set_up')}>{t('second_factor.set_up')}</Button>
    </Stack>
  );
}

function On({ onTask }: { onTask: (task: Task) => void }) {
  const { t } = useTranslation();
  const { required, recovery_codes_left } = useSession().second_factor;
  const left = recovery_codes_left ?? null;
  return (
    <Stack gap="sm" align="flex-start">
      <Group gap="sm">
        <StateBadge tone="ok" filled>
          {t('second_factor.on')}
        </StateBadge>
        {left !== null && <span>{t('second_factor.codes_left', { count: left })}</span>}
      </Group>
      {isRunningLow(left) && (
        <Alert color="amber" icon={<IconAlertTriangle size={18} aria-hidden />}>
          {t('second_factor.codes_low')}
        </Alert>
      )}
      <Group gap="xs">
        <Button variant="default" onClick={() => onTask('renew')}>
          {t('second_factor.renew')}
        </Button>
        <Button variant="default" onClick={() => onTask('replace')}>
          {t('second_factor.replace')}
        </Button>
        <GuardedButton
          variant="default"
          reason={required ? disabledText(t, 'totp_mandatory') : null}
          onClick={() => onTask('turn_off')}
        >
          {t('second_factor.turn_off')}
        </GuardedButton>
      </Group>
    </Stack>
  );
}

function RenewDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const renew = useRenewRecoveryCodes();
  return (
    <FormDialog title={t('second_factor.renew')} onClose={onClose}>
      {renew.data ? (
        <RecoveryCodes codes={renew.data.recovery_codes} onDone={onClose} />
      ) : (
        <CodeForm
          body={t('second_factor.renew_body')}
          submit={t('second_factor.renew_submit')}
          request={renew}
          onSubmit={(code) => renew.mutate(code)}
        />
      )}
    </FormDialog>
  );
}

function TurnOffDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const disable = useDisableTotp();
  return (
    <FormDialog title={t('second_factor.turn_off')} onClose={onClose}>
      <CodeForm
        danger
        body={t('second_factor.turn_off_body')}
        submit={t('second_factor.turn_off')}
        request={disable}
        onSubmit={(code) => disable.mutate(code, { onSuccess: onClose })}
      />
    </FormDialog>
  );
}
