import { Button } from '@mantine/core';
import { IconDeviceDesktopPlus } from '@tabler/icons-react';
import { EmptyState } from '@/components/empty-state';
import { ProblemNote } from '@/components/problem-note';
import { useCreateEnrollmentToken } from '@/features/enrollment-tokens/enrollment-tokens';
import { InstallCommands } from '@/features/enrollment-tokens/install-commands';
import { useCan } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import classes from './no-devices.module.css';

const validHours = 24;

/** The first thing a new installation shows: how to get the first device in. */
export function NoDevices({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  const mayEnroll = useCan('manage_enrollment_tokens');
  const create = useCreateEnrollmentToken();
  const body = t(mayEnroll ? 'devices.empty_body' : 'devices.empty_viewer');
  const request = () =>
    create.mutate({
      name: t('enrollment.quick_name'),
      tenant_id: tenantId,
      expires_in_hours: validHours,
      max_uses: null,
    });
  return (
    <section className={classes.card} aria-label={t('devices.empty_title')}>
      <EmptyState icon={IconDeviceDesktopPlus} title={t('devices.empty_title')} body={body}>
        {mayEnroll && !create.data && (
          <>
            <Button size="sm" mt="xs" loading={create.isPending} onClick={request}>
              {t('enrollment.show_command')}
            </Button>
            <p className={classes.note}>{t('enrollment.quick_note')}</p>
          </>
        )}
        {create.isError && <ProblemNote error={create.error} />}
        {create.data && (
          <div className={classes.commands}>
            <InstallCommands created={create.data} />
          </div>
        )}
      </EmptyState>
    </section>
  );
}
