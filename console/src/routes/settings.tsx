import { createRoute } from '@tanstack/react-router';
import { parseApiTokenSearch } from '@/features/api-tokens/api-tokens';
import { ApiTokensPage } from '@/features/api-tokens/api-tokens-page';
import { EnrollmentPage } from '@/features/enrollment-tokens/enrollment-page';
import { GroupsPage } from '@/features/groups/groups-page';
import { OpenidSettingsPage } from '@/features/openid/openid-page';
import { DecisionsPage } from '@/features/policies/decisions-page';
import { PoliciesPage } from '@/features/policies/policies-page';
import { NewPolicyPage, PolicyPage } from '@/features/policies/policy-page';
import { type NewPolicySearch, presets } from '@/features/policies/policy-rules';
import { RolloutsPage } from '@/features/policies/rollouts-page';
import { ProfilePage } from '@/features/session/profile-page';
import { TenantsPage } from '@/features/tenants/tenants-page';
import { parseUserSearch } from '@/features/users/user-search';
import { UsersPage } from '@/features/users/users-page';
import { oneOf, textIn } from '@/util/query-string';
import { signedInRoute } from './root';

const getParentRoute = () => signedInRoute;

export const enrollmentRoute = createRoute({
  getParentRoute,
  path: '/settings/enrollment',
  validateSearch: (values: Record<string, unknown>): { create?: 'token' } => ({
    create: oneOf(values, 'create', ['token']),
  }),
  component: () => {
    const { tenant, create } = enrollmentRoute.useSearch();
    return <EnrollmentPage tenantId={tenant} creating={create === 'token'} />;
  },
});

export const profileRoute = createRoute({
  getParentRoute,
  path: '/settings/profile',
  component: ProfilePage,
});

export const usersRoute = createRoute({
  getParentRoute,
  path: '/settings/users',
  validateSearch: parseUserSearch,
  component: () => <UsersPage search={usersRoute.useSearch()} />,
});

export const apiTokensRoute = createRoute({
  getParentRoute,
  path: '/settings/api-tokens',
  validateSearch: parseApiTokenSearch,
  component: () => <ApiTokensPage search={apiTokensRoute.useSearch()} />,
});

export const tenantsRoute = createRoute({
  getParentRoute,
  path: '/settings/tenants',
  validateSearch: (values: Record<string, unknown>): { create?: 'tenant' } => ({
    create: oneOf(values, 'create', ['tenant']),
  }),
  component: () => <TenantsPage creating={tenantsRoute.useSearch().create === 'tenant'} />,
});

export const groupsRoute = createRoute({
  getParentRoute,
  path: '/settings/groups',
  component: () => <GroupsPage tenantId={groupsRoute.useSearch().tenant} />,
});

export const openidSettingsRoute = createRoute({
  getParentRoute,
  path: '/settings/sign-in',
  component: () => <OpenidSettingsPage tenantId={openidSettingsRoute.useSearch().tenant} />,
});

export const updatePoliciesRoute = createRoute({
  getParentRoute,
  path: '/settings/update-policies',
  component: () => <PoliciesPage tenantId={updatePoliciesRoute.useSearch().tenant} />,
});

export const updateDecisionsRoute = createRoute({
  getParentRoute,
  path: '/settings/update-policies/approvals',
  component: () => <DecisionsPage tenantId={updateDecisionsRoute.useSearch().tenant} />,
});

export const rolloutsRoute = createRoute({
  getParentRoute,
  path: '/settings/update-policies/rings',
  component: () => <RolloutsPage tenantId={rolloutsRoute.useSearch().tenant} />,
});

export const newUpdatePolicyRoute = createRoute({
  getParentRoute,
  path: '/settings/update-policies/new',
  validateSearch: (values: Record<string, unknown>): NewPolicySearch => ({
    preset: oneOf(values, 'preset', presets),
    group: textIn(values, 'group'),
    device: textIn(values, 'device'),
  }),
  component: () => <NewPolicyPage search={newUpdatePolicyRoute.useSearch()} />,
});

export const updatePolicyRoute = createRoute({
  getParentRoute,
  path: '/settings/update-policies/$policyId',
  component: () => {
    const { policyId } = updatePolicyRoute.useParams();
    return <PolicyPage key={policyId} id={policyId} />;
  },
});
