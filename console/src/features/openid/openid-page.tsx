import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Openid } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { CopyField } from '@/components/copy-field';
import { ForbiddenPage } from '@/components/forbidden-page';
import { LoadingBlock } from '@/components/loading-block';
import { Card, Page, PageIntro } from '@/components/page';
import { PageSkeleton } from '@/components/page-skeleton';
import { ProblemNote } from '@/components/problem-note';
import { ProblemState } from '@/components/problem-state';
import { StateBadge } from '@/components/state-badge';
import { signInOptionsQuery, useCan, useSession } from '@/features/session/session';
import { useTenants } from '@/features/tenants/tenants';
import { useTranslation } from '@/i18n/use-translation';
import { openidQuery, useDeleteOpenid } from './openid';
import { OpenidForm } from './openid-form';
import classes from './openid-page.module.css';

export function OpenidSettingsPage({ tenantId }: { tenantId: string | undefined }) {
  const { t } = useTranslation();
  const session = useSession();
  const tenants = useTenants();
  const id = tenantId ?? session.tenant.id;
  const name = tenants.find((tenant) => tenant.id === id)?.name ?? session.tenant.name;
  if (useCan('manage_settings')) return <OpenidSettings key={id} tenantId={id} name={name} />;
  return <ForbiddenPage title={t('openid.title')} />;
}

function OpenidSettings({ tenantId, name }: { tenantId: string; name: string }) {
  const { t } = useTranslation();
  const openid = useQuery(openidQuery(tenantId));
  const [removals, setRemovals] = useState(0);
  return (
    <Page
      narrow
      title={t('openid.title')}
      beside={openid.data !== undefined && <OpenidState openid={openid.data} />}
    >
      <PageIntro>{t('openid.intro', { tenant: name })}</PageIntro>
      {openid.isPending && <PageSkeleton />}
      {openid.isError && (
        <ProblemState error={openid.error} onRetry={() => void openid.refetch()} />
      )}
      {openid.data !== undefined && (
        <>
          <Card title={t('openid.at_service')}>
            <Stack gap="xs">
              <Text>{t('openid.at_service_hint')}</Text>
              <RedirectUrl known={openid.data?.redirect_url} />
            </Stack>
          </Card>
          <Card title={t('openid.here', { tenant: name })}>
            <div className={classes.form}>
              <OpenidForm
                // What was removed leaves no trace in the form.
                key={removals}
                tenantId={tenantId}
                openid={openid.data}
              />
            </div>
          </Card>
          {openid.data && (
            <Removal tenantId={tenantId} onRemoved={() => setRemovals(removals + 1)} />
          )}
        </>
      )}
    </Page>
  );
}

/** Where the provider sends people back to. It is asked for there before anything is saved here. */
function RedirectUrl({ known }: { known: string | undefined }) {
  const { t } = useTranslation();
  const options = useQuery(signInOptionsQuery);
  const address = known ?? options.data?.openid_redirect_url;
  if (address) {
    const [here, there] = [window.location.origin, new URL(address).origin];
    return (
      <>
        <CopyField label={t('openid.redirect_url')} value={address} />
        {here !== there && (
          <Alert color="amber" icon={<IconAlertTriangle size={18} aria-hidden />}>
            {t('openid.redirect_elsewhere', { here, there })}
          </Alert>
        )}
      </>
    );
  }
  if (options.isError) return <ProblemNote error={options.error} />;
  return <LoadingBlock height={36} />;
}

function OpenidState({ openid }: { openid: Openid | null }) {
  const { t } = useTranslation();
  if (openid?.enabled) {
    return (
      <StateBadge tone="ok" filled>
        {t('openid.state_on')}
      </StateBadge>
    );
  }
  return (
    <StateBadge tone="neutral" filled>
      {t(openid ? 'openid.state_off' : 'openid.state_none')}
    </StateBadge>
  );
}

function Removal({ tenantId, onRemoved }: { tenantId: string; onRemoved: () => void }) {
  const { t } = useTranslation();
  const remove = useDeleteOpenid(tenantId);
  const [asking, setAsking] = useState(false);
  return (
    <Card title={t('openid.remove')}>
      <Stack gap="sm" align="flex-start">
        <Text>{t('openid.remove_hint')}</Text>
        <Button variant="default" c="var(--lat-failed)" onClick={() => setAsking(true)}>
          {t('openid.remove_ellipsis')}
        </Button>
      </Stack>
      <ConfirmDialog
        opened={asking}
        title={t('openid.remove_title')}
        body={t('openid.remove_body')}
        confirm={t('openid.remove')}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined, { onSuccess: onRemoved })}
        onClose={() => setAsking(false)}
      />
    </Card>
  );
}
