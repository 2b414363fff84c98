import type { TenantReference } from '@/api/types';
import { useSession } from '@/features/session/session';
import { useTenants } from './tenants';

/** The tenants that a page shows: the chosen one, or all that the person works for. */
export function useShownTenants(tenantId: string | undefined): TenantReference[] {
  const session = useSession();
  const tenants = useTenants();
  if (tenantId === undefined) return tenants.length > 0 ? tenants : [session.tenant];
  const chosen = tenants.find(({ id }) => id === tenantId);
  return [chosen ?? { id: tenantId, name: '' }];
}
