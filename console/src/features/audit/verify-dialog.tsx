import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { AuditVerification } from '@/api/types';
import { FormDialog } from '@/components/form/form-dialog';
import { Fact, Facts } from '@/components/page';
import { ProblemNote } from '@/components/problem-note';
import { StateBadge } from '@/components/state-badge';
import { useSession } from '@/features/session/session';
import { useTenants } from '@/features/tenants/tenants';
import { chainProblemText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useVerifyAudit } from './audit';
import classes from './audit-page.module.css';

interface VerifyDialogProps {
  tenantId: string | undefined;
  onClose: () => void;
}

/** Each tenant has a chain of its own. */
export function VerifyDialog({ tenantId, onClose }: VerifyDialogProps) {
  const { t } = useTranslation();
  const session = useSession();
  const tenants = useTenants();
  const verify = useVerifyAudit();
  const [chosen, setChosen] = useState(tenantId ?? session.tenant.id);
  return (
    <FormDialog title={t('audit.verify_title')} size={540} onClose={onClose}>
      <Stack gap="md">
        <Text>{t('audit.verify_body')}</Text>
        {tenants.length > 1 && (
          <NativeSelect
            label={t('users.tenant')}
            value={chosen}
            data={tenants.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(event) => {
              setChosen(event.currentTarget.value);
              verify.reset();
            }}
          />
        )}
        {verify.isError && <ProblemNote error={verify.error} />}
        <div role="status">{verify.data && <Verdict verification={verify.data} />}</div>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t('common.close')}
          </Button>
          <Button data-autofocus loading={verify.isPending} onClick={() => verify.mutate(chosen)}>
            {t('audit.verify_submit')}
          </Button>
        </Group>
      </Stack>
    </FormDialog>
  );
}

export function Verdict({ verification }: { verification: AuditVerification }) {
  const { t } = useTranslation();
  const { state, events, first_sequence, last_sequence, last_hash, problem } = verification;
  const intact = state === 'intact';
  return (
    <div className={classes.verdict} data-state={state}>
      <StateBadge tone={intact ? 'ok' : 'failed'}>
        {t(intact ? 'audit.intact' : 'audit.broken')}
      </StateBadge>
      <Text>
        {intact
          ? t('audit.intact_body', { count: events })
          : chainProblemText(t, problem?.code ?? 'other', problem?.sequence ?? null)}
      </Text>
      {!intact && <Text>{t('audit.broken_remedy')}</Text>}
      {first_sequence > 0 && (
        <Facts>
          <Fact name={t('audit.range')}>
            {t('table.range', { from: first_sequence, to: last_sequence })}
          </Fact>
          <Fact name={t('audit.last_hash')}>
            <code className={classes.hash}>{last_hash}</code>
          </Fact>
        </Facts>
      )}
    </div>
  );
}
