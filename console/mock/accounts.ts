import type { Capability, Role, Session, User } from '../src/api/types.ts';
import { provider, tenants } from './fleet.ts';

/**
 * The people of the mock: owner@, admin@ and technician@example.test of the provider, newcomer@ who
 * owes a second factor, client@ and viewer@ of clients. All have this password; where a second
 * factor is on, this code.
 */
export const mockPassword = 'latarnik';
export const mockCode = '123456';

/** A user with what only the server knows of them. */
export interface Account extends User {
  password: string;
  language: Session['user']['language'];
  color_scheme: Session['user']['color_scheme'];
  recovery_codes: string[];
  /** Owes a second factor before anything else. */
  factor_required: boolean;
}

const ranks: Role[] = ['owner', 'admin', 'technician', 'client_view'];

/** The roles that are not wider than one's own. */
export function rolesBelow(role: Role): Role[] {
  return role === 'owner' || role === 'admin' ? ranks.slice(ranks.indexOf(role)) : [];
}

export function canOf(account: Account): Session['can'] {
  const owed = account.factor_required && account.second_factor === 'off';
  const acts = !owed && account.role !== 'client_view';
  const manages = !owed && rolesBelow(account.role).length > 0;
  const can: Record<Capability, boolean> = {
    read_devices: !owed,
    scan_devices: acts,
    install_updates: acts,
    restart_devices: acts,
    cancel_tasks: acts,
    acknowledge_alerts: acts,
    move_devices: manages,
    remove_devices: manages,
    manage_enrollment_tokens: manages,
    manage_groups: manages,
    manage_update_policies: manages,
    manage_maintenance_windows: manages,
    manage_users: manages,
    manage_api_tokens: manages,
    manage_settings: manages,
    read_audit: manages,
    manage_tenants: manages && account.tenant.id === provider.id,
  };
  return can;
}

function ago(hours: number): string {
  return new Date(Date.now() - hours * 3_600_000).toISOString();
}

export function createAccount(
  values: Pick<Account, 'id' | 'email' | 'name' | 'role'> & Partial<Account>,
): Account {
  return {
    tenant: provider,
    state: 'active',
    second_factor: 'off',
    clients: null,
    invitation_expires_at: null,
    signed_in_at: null,
    created_at: ago(24 * 90),
    change: { allowed: true, reason: null },
    password: mockPassword,
    language: null,
    color_scheme: 'auto',
    recovery_codes: [],
    factor_required: false,
    ...values,
  };
}

const [, bakery, clinic] = tenants.map(({ id, name }) => ({ id, name }));

export function createAccounts(): Account[] {
  const codes = ['k7pw-2mzq', 'x3vt-9hfa', 'b8ne-5ryd'];
  return [
    createAccount({
      id: 'usr-owner',
      email: 'owner@example.test',
      name: 'Anna Wiśniewska',
      role: 'owner',
      signed_in_at: ago(1),
    }),
    createAccount({
      id: 'usr-admin',
      email: 'admin@example.test',
      name: 'Marek Kowalczyk',
      role: 'admin',
      second_factor: 'on',
      recovery_codes: codes,
      signed_in_at: ago(20),
    }),
    createAccount({
      id: 'usr-technician',
      email: 'technician@example.test',
      name: 'Jonas Petersen',
      role: 'technician',
      second_factor: 'on',
      recovery_codes: [...codes, 'q2ws-7udk', 'm4jc-1xgp', 'z9bf-6ltr', 'h5ae-8vnm'],
      signed_in_at: ago(4),
      clients: [bakery, clinic].filter((client) => client !== undefined),
    }),
    createAccount({
      id: 'usr-newcomer',
      email: 'newcomer@example.test',
      name: 'Katarzyna Zielińska',
      role: 'admin',
      factor_required: true,
    }),
    createAccount({
      id: 'usr-viewer',
      email: 'viewer@example.test',
      name: 'Halina Nowak',
      role: 'client_view',
      tenant: bakery ?? provider,
      signed_in_at: ago(24 * 40),
    }),
    createAccount({
      id: 'usr-client-admin',
      email: 'client@example.test',
      name: 'Piotr Dąbrowski',
      role: 'admin',
      tenant: clinic ?? provider,
      signed_in_at: ago(24 * 3),
    }),
    createAccount({
      id: 'usr-invited',
      email: 'ewa.lis@example.test',
      name: 'Ewa Lis',
      role: 'technician',
      state: 'invited',
      invitation_expires_at: ago(-50),
    }),
    createAccount({
      id: 'usr-late',
      email: 'tomasz.maj@example.test',
      name: 'Tomasz Maj',
      role: 'client_view',
      tenant: bakery ?? provider,
      state: 'invited',
      invitation_expires_at: ago(30),
    }),
    createAccount({
      id: 'usr-former',
      email: 'former@example.test',
      name: 'Lars Hansen',
      role: 'technician',
      state: 'disabled',
      signed_in_at: ago(24 * 200),
    }),
  ];
}
