import type { ReactNode } from 'react';
import type { TenantReference } from '@/api/types';
import { Card } from '@/components/page';
import classes from './maintenance.module.css';

interface TenantsWithoutProps {
  title: string;
  tenants: readonly TenantReference[];
  /** How to make the first one there; nothing for those who may only look. */
  create: (tenant: TenantReference) => ReactNode;
}

/** The tenants that have none yet, in one list: of forty, most may be in it. */
export function TenantsWithout({ title, tenants, create }: TenantsWithoutProps) {
  if (tenants.length === 0) return null;
  return (
    <Card title={title} flush>
      <ul className={classes.list} aria-label={title}>
        {tenants.map((tenant) => (
          <li key={tenant.id} className={classes.row}>
            <span className={classes.what}>{tenant.name}</span>
            {create(tenant)}
          </li>
        ))}
      </ul>
    </Card>
  );
}
