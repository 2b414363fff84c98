import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { RowButton } from '@/components/guarded-button';
import { LoadingBlock } from '@/components/loading-block';
import { Card } from '@/components/page';
import { ProblemNote } from '@/components/problem-note';
import { useTranslation } from '@/i18n/use-translation';
import { SessionList } from './session-list';
import { ownSessionsQuery, useEndOwnSession } from './sessions';

export function OwnSessionsCard() {
  const { t } = useTranslation();
  const sessions = useQuery(ownSessionsQuery);
  const end = useEndOwnSession();
  return (
    <Card title={t('sessions.title')}>
      <Stack gap="sm">
        <Text c="dimmed">{t('sessions.hint')}</Text>
        {sessions.isPending && <LoadingBlock height={52} />}
        {sessions.isError && <ProblemNote error={sessions.error} />}
        {end.isError && <ProblemNote error={end.error} title={t('sessions.end_failed')} />}
        {sessions.data && (
          <SessionList
            label={t('sessions.title')}
            sessions={sessions.data.items}
            action={(session, name) => (
              <RowButton
                reason={end.isPending ? t('sessions.ending') : null}
                aria-label={t('sessions.end_named', { name })}
                onClick={() => end.mutate(session.id)}
              >
                {t('sessions.end')}
              </RowButton>
            )}
          />
        )}
      </Stack>
    </Card>
  );
}
