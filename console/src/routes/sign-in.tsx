import { createRoute, redirect } from '@tanstack/react-router';
import { sessionQuery } from '@/features/session/session';
import { SignInPage } from '@/features/session/sign-in-page';
import { textIn } from '@/util/query-string';
import { rootRoute } from './root';

/** Only addresses of this console; anything else could lead a signed-in user elsewhere. */
function safeReturn(address: string | undefined): string {
  return address?.startsWith('/') && !/^\/[/\\]/.test(address) ? address : '/updates';
}

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (values: Record<string, unknown>): { return_to?: string } => ({
    return_to: textIn(values, 'return_to'),
  }),
  beforeLoad: async ({ context, search }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery).catch(() => null);
    if (session) throw redirect({ href: safeReturn(search.return_to) });
  },
  component: SignIn,
});

function SignIn() {
  const { return_to } = signInRoute.useSearch();
  const navigate = signInRoute.useNavigate();
  return (
    <SignInPage
      ended={return_to !== undefined && safeReturn(return_to) !== '/updates' && return_to !== '/'}
      onSignedIn={() => void navigate({ href: safeReturn(return_to), replace: true })}
    />
  );
}
