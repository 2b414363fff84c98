import { Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { toApiError } from '@/api/problem';
import { ProblemNote } from '@/components/problem-note';
import { useTranslation } from '@/i18n/use-translation';
import { EntranceLinks } from './entrance';

interface LinkProblemProps {
  error: unknown;
  /** What to do about a link that no longer works. */
  remedy: string;
  children?: ReactNode;
}

export function LinkProblem({ error, remedy, children }: LinkProblemProps) {
  const { t } = useTranslation();
  const { code } = toApiError(error);
  const worn = code === 'link_unknown' || code === 'link_expired';
  return (
    <>
      <Stack gap="sm">
        <ProblemNote error={error} />
        {worn && <Text>{remedy}</Text>}
      </Stack>
      <EntranceLinks>
        {children}
        <Link to="/sign-in">{t('sign_in.back')}</Link>
      </EntranceLinks>
    </>
  );
}
