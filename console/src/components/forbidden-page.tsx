import { forbidden } from '@/api/problem';
import { Page } from './page';
import { ProblemState } from './problem-state';

/** A place that was opened by its address and is not for this role. */
export function ForbiddenPage({ title }: { title: string }) {
  return (
    <Page title={title}>
      <ProblemState error={forbidden} />
    </Page>
  );
}
