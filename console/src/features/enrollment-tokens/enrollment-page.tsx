import { Button } from '@mantine/core';
import { IconPlus, IconTicket } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { EnrollmentToken } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { EmptyState } from '@/components/empty-state';
import { ForbiddenPage } from '@/components/forbidden-page';
import { Page, PageIntro } from '@/components/page';
import { ProblemState } from '@/components/problem-state';
import { DataTable } from '@/components/table/data-table';
import { useCan } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import { enrollmentColumns } from './enrollment-columns';
import { enrollmentTokensQuery, useRevokeEnrollmentToken } from './enrollment-tokens';
import { NewTokenDialog } from './new-token-dialog';

interface EnrollmentPageProps {
  tenantId: string | undefined;
  /** Whether the address asks for the form, as “Add device” does. */
  creating: boolean;
}

export function EnrollmentPage(props: EnrollmentPageProps) {
  const { t } = useTranslation();
  if (useCan('manage_enrollment_tokens')) return <EnrollmentTokens {...props} />;
  return <ForbiddenPage title={t('enrollment.title')} />;
}

function EnrollmentTokens({ tenantId, creating }: EnrollmentPageProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const tokens = useQuery(enrollmentTokensQuery);
  const [revoking, setRevoking] = useState<EnrollmentToken | null>(null);
  const columns = useMemo(() => enrollmentColumns(t, setRevoking), [t]);
  const rows = useMemo(() => tokens.data?.items ?? [], [tokens.data]);
  const setCreating = (open: boolean) => {
    void navigate({
      to: '.',
      search: (previous) => ({ ...previous, create: open ? 'token' : undefined }),
      replace: true,
    });
  };
  const create = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      {t('enrollment.create')}
    </Button>
  );
  return (
    <Page title={t('enrollment.title')} actions={create} fills>
      <PageIntro>{t('enrollment.intro')}</PageIntro>
      {tokens.isError && !tokens.data ? (
        <ProblemState error={tokens.error} onRetry={() => void tokens.refetch()} />
      ) : (
        <DataTable
          label={t('enrollment.title')}
          columns={columns}
          rows={rows}
          rowId={(token) => token.id}
          rowName={(token) => token.name}
          loading={tokens.isPending}
          empty={
            <EmptyState
              icon={IconTicket}
              title={t('enrollment.empty_title')}
              body={t('enrollment.empty_body')}
            />
          }
        />
      )}
      {creating && <NewTokenDialog tenantId={tenantId} onClose={() => setCreating(false)} />}
      {revoking && <RevokeDialog token={revoking} onClose={() => setRevoking(null)} />}
    </Page>
  );
}

function RevokeDialog({ token, onClose }: { token: EnrollmentToken; onClose: () => void }) {
  const { t } = useTranslation();
  const revoke = useRevokeEnrollmentToken();
  return (
    <ConfirmDialog
      opened
      title={t('enrollment.revoke_title', { name: token.name })}
      body={t('enrollment.revoke_body')}
      confirm={t('enrollment.revoke_confirm')}
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate(token.id, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
