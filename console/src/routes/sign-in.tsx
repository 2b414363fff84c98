import { createRoute, redirect } from '@tanstack/react-router';
import { ForgottenPasswordPage } from '@/features/session/forgotten-password-page';
import { InvitationPage } from '@/features/session/invitation-page';
import { NewPasswordPage } from '@/features/session/new-password-page';
import { OpenidPage, type OpenidSearch } from '@/features/session/openid-page';
import { rememberedReturn, safeReturn } from '@/features/session/return-address';
import { sessionQuery } from '@/features/session/session';
import { SignInPage } from '@/features/session/sign-in-page';
import { textIn } from '@/util/query-string';
import { rootRoute } from './root';

const getParentRoute = () => rootRoute;

export const signInRoute = createRoute({
  getParentRoute,
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
      returnTo={return_to}
      onSignedIn={() => void navigate({ href: safeReturn(return_to), replace: true })}
    />
  );
}

export const openidSignInRoute = createRoute({
  getParentRoute,
  path: '/sign-in/openid',
  validateSearch: (values: Record<string, unknown>): OpenidSearch => ({
    code: textIn(values, 'code'),
    state: textIn(values, 'state'),
    error: textIn(values, 'error'),
  }),
  component: () => {
    const navigate = openidSignInRoute.useNavigate();
    return (
      <OpenidPage
        search={openidSignInRoute.useSearch()}
        onSignedIn={() => void navigate({ href: rememberedReturn(), replace: true })}
      />
    );
  },
});

export const forgottenPasswordRoute = createRoute({
  getParentRoute,
  path: '/forgotten-password',
  component: ForgottenPasswordPage,
});

export const invitationRoute = createRoute({
  getParentRoute,
  path: '/invitation',
  component: () => {
    const navigate = invitationRoute.useNavigate();
    return <InvitationPage onSignedIn={() => void navigate({ to: '/updates', replace: true })} />;
  },
});

export const newPasswordRoute = createRoute({
  getParentRoute,
  path: '/new-password',
  component: NewPasswordPage,
});
