/**
 * Who may do what: sessions, people, tokens, tenants, groups, the audit log, OpenID Connect. The
 * types mirror the server's description of these operations.
 */
import { type Answer, settle, unwrap } from './client';
import type { components } from './generated/schema';
import type { Allowed, Page } from './types';

export const roles = ['owner', 'admin', 'technician', 'client_view'] as const;
export type Role = (typeof roles)[number];

export interface Reference {
  id: string;
  name: string;
}

export type Capability =
  | 'read_devices'
  | 'scan_devices'
  | 'install_updates'
  | 'restart_devices'
  | 'cancel_tasks'
  | 'move_devices'
  | 'remove_devices'
  | 'manage_enrollment_tokens'
  | 'manage_groups'
  | 'manage_users'
  | 'manage_api_tokens'
  | 'manage_settings'
  | 'read_audit'
  | 'manage_tenants';

export type TenantKind = 'provider' | 'client';
export type SignInMethod = 'password' | 'openid';

export interface SecondFactor {
  state: 'on' | 'off';
  required: boolean;
  recovery_codes_left: number | null;
}

export interface Session {
  user: {
    id: string;
    email: string;
    name: string;
    role: Role;
    language?: components['schemas']['Language'] | null;
    color_scheme: components['schemas']['ColorScheme'];
  };
  tenant: Reference;
  tenant_kind: TenantKind;
  can: Record<Capability, boolean>;
  server_version: string;
  session_id: string;
  method: SignInMethod;
  /** The roles that the caller may give to others. */
  roles: Role[];
  second_factor: SecondFactor;
}

export interface NewSession {
  email: string;
  password: string;
  /** A code of the authenticator, or a recovery code. */
  totp_code?: string;
}

export interface SignInOptions {
  password_reset_by_mail: boolean;
  openid: boolean;
}

export interface ProfileChange {
  language?: components['schemas']['Language'];
  color_scheme?: components['schemas']['ColorScheme'];
}

export interface PasswordChange {
  current_password: string;
  new_password: string;
}

export interface TotpRequest {
  password: string;
  /** Needed only to replace an authenticator. */
  totp_code?: string;
}

export interface TotpSecret {
  secret: string;
  /** An `otpauth://` address. */
  url: string;
}

export interface RecoveryCodes {
  recovery_codes: string[];
}

export interface SignedInSession {
  id: string;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  address: string | null;
  user_agent: string | null;
  method: SignInMethod;
  current: boolean;
}

export interface User {
  id: string;
  tenant: Reference;
  email: string;
  name: string;
  role: Role;
  state: 'invited' | 'active' | 'disabled';
  second_factor: 'on' | 'off';
  /** The clients that a provider's person is limited to; `null` is all of them. */
  clients: Reference[] | null;
  invitation_expires_at: string | null;
  signed_in_at: string | null;
  created_at: string;
  change: Allowed;
}

export interface UserQuery {
  tenant_id?: string;
  search?: string;
  limit?: number;
  cursor?: string;
}

export interface NewUser {
  tenant_id?: string;
  email: string;
  name: string;
  role: Role;
  language: string;
  client_ids: string[] | null;
}

export interface UserChange {
  name?: string;
  role?: Role;
  state?: 'active' | 'disabled';
  client_ids?: string[] | null;
}

export interface IssuedLink {
  expires_at: string;
  delivery: 'mailed' | 'by_hand' | 'mail_failed';
  /** Shown once, when it was not mailed. */
  link: string | null;
}

export interface InvitedUser {
  user: User;
  invitation: IssuedLink;
}

/** Whom a mailed link is for. */
export interface LinkOwner {
  email: string;
  name: string;
  tenant: string;
  expires_at: string;
}

export interface ApiToken {
  id: string;
  tenant: Reference;
  name: string;
  role: Role;
  clients: Reference[] | null;
  created_at: string;
  created_by: string;
  expires_at: string;
  last_used_at: string | null;
  last_used_address: string | null;
  state: 'active' | 'expired' | 'revoked';
}

export interface ApiTokenQuery {
  tenant_id?: string;
  limit?: number;
  cursor?: string;
}

export interface NewApiToken {
  name: string;
  role: Role;
  tenant_id?: string;
  client_ids: string[] | null;
  expires_in_days: number;
}

export interface IssuedApiToken {
  api_token: ApiToken;
  token: string;
}

export interface Tenant {
  id: string;
  name: string;
  parent_id?: string | null;
  kind: TenantKind;
  time_zone: string;
  /** `null` keeps the log for ever. */
  audit_retention_days: number | null;
  devices: number;
  users: number;
  created_at: string;
  deletion: TenantDeletion | null;
}

export interface TenantDeletion {
  requested_at: string;
  requested_by: string;
  rows: number;
  rows_done: number;
}

export interface NewTenant {
  name: string;
  time_zone?: string;
}

export interface TenantChange {
  name?: string;
  time_zone?: string;
  audit_retention_days?: number | null;
}

export interface Group {
  id: string;
  tenant_id: string;
  name: string;
  parent_id?: string | null;
  /** Direct members only. */
  devices: number;
}

export interface NewGroup {
  tenant_id?: string;
  name: string;
  parent_id: string | null;
}

export interface GroupChange {
  name?: string;
  parent_id?: string | null;
}

export const actorKinds = [
  'user',
  'api_token',
  'agent',
  'command_line',
  'system',
  'unknown',
] as const;
export type ActorKind = (typeof actorKinds)[number];

export interface AuditEvent {
  id: string;
  sequence: number;
  at: string;
  tenant: Reference;
  actor: { kind: ActorKind; id: string | null; name: string };
  address: string | null;
  action: string;
  target: { kind: string; id: string; name: string | null };
  /** `succeeded`, or the code of the refusal. */
  result: string;
  request_id: string | null;
  details: { name: string; value: string }[];
  previous_hash: string;
  hash: string;
}

export interface AuditFilter {
  tenant_id?: string;
  actor_id?: string;
  actor_kind?: ActorKind;
  action?: string;
  target_kind?: string;
  target_id?: string;
  result?: 'succeeded' | 'failed';
  since?: string;
  until?: string;
  search?: string;
}

export interface AuditQuery extends AuditFilter {
  limit?: number;
  cursor?: string;
}

export interface AuditVerification {
  state: 'intact' | 'broken';
  events: number;
  first_sequence: number | null;
  last_sequence: number | null;
  last_hash: string | null;
  problem: { code: string; sequence: number | null } | null;
}

export interface Openid {
  issuer: string;
  client_id: string;
  has_secret: boolean;
  domains: string[];
  role_claim: string;
  roles: { value: string; role: Role }[];
  /** What people get whose claim names none of the roles; `null` refuses them. */
  default_role: Role | null;
  enabled: boolean;
  redirect_url: string;
}

export interface OpenidChange extends Omit<Openid, 'has_secret' | 'redirect_url'> {
  /** Left out, the secret stays as it is. */
  client_secret?: string | null;
}

export interface OpenidAnswer {
  state: string;
  code: string;
  totp_code?: string;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

interface Call {
  query?: object;
  body?: object;
  signal?: AbortSignal;
}

/** Unset values stay out of the address. */
export function encodeQuery(query: object): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (typeof value === 'string' && value !== '') parameters.set(name, value);
    if (typeof value === 'number') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function send<Data>(method: Method, path: string, call: Call = {}): Promise<Answer<Data>> {
  const response = await globalThis.fetch(
    new Request(new URL(`${path}${encodeQuery(call.query ?? {})}`, window.location.origin), {
      method,
      credentials: 'same-origin',
      signal: call.signal,
      headers: call.body ? { 'content-type': 'application/json' } : undefined,
      body: call.body ? JSON.stringify(call.body) : undefined,
    }),
  );
  const content = await readJson(response);
  return response.ok ? { data: content as Data, response } : { error: content, response };
}

/** A path with what identifies things in it, escaped. */
function at(parts: TemplateStringsArray, ...ids: string[]): string {
  return String.raw({ raw: parts }, ...ids.map(encodeURIComponent));
}

const session = '/api/v1/session';

export const sessionApi = {
  read: (signal?: AbortSignal) => unwrap(send<Session>('GET', session, { signal })),
  create: (body: NewSession) => unwrap(send<Session>('POST', session, { body })),
  delete: () => settle(send('DELETE', session)),
  readOptions: (signal?: AbortSignal) =>
    unwrap(send<SignInOptions>('GET', '/api/v1/sign-in-options', { signal })),
  list: (signal?: AbortSignal) =>
    unwrap(send<Page<SignedInSession>>('GET', '/api/v1/sessions', { signal })),
  end: (id: string) => settle(send('DELETE', at`/api/v1/sessions/${id}`)),
};

export const profileApi = {
  update: (body: ProfileChange) => unwrap(send<Session>('PATCH', '/api/v1/profile', { body })),
  changePassword: (body: PasswordChange) =>
    settle(send('POST', '/api/v1/profile/password', { body })),
  requestTotp: (body: TotpRequest) =>
    unwrap(send<TotpSecret>('POST', '/api/v1/profile/totp', { body })),
  confirmTotp: (totp_code: string) =>
    unwrap(send<RecoveryCodes>('POST', '/api/v1/profile/totp/confirm', { body: { totp_code } })),
  disableTotp: (totp_code: string) =>
    settle(send('POST', '/api/v1/profile/totp/disable', { body: { totp_code } })),
  renewRecoveryCodes: (totp_code: string) =>
    unwrap(send<RecoveryCodes>('POST', '/api/v1/profile/recovery-codes', { body: { totp_code } })),
};

export const userApi = {
  list: (query: UserQuery, signal?: AbortSignal) =>
    unwrap(send<Page<User>>('GET', '/api/v1/users', { query, signal })),
  create: (body: NewUser) => unwrap(send<InvitedUser>('POST', '/api/v1/users', { body })),
  update: (id: string, body: UserChange) =>
    unwrap(send<User>('PATCH', at`/api/v1/users/${id}`, { body })),
  delete: (id: string) => settle(send('DELETE', at`/api/v1/users/${id}`)),
  renewInvitation: (id: string) =>
    unwrap(send<IssuedLink>('POST', at`/api/v1/users/${id}/invitation`)),
  createPasswordReset: (id: string) =>
    unwrap(send<IssuedLink>('POST', at`/api/v1/users/${id}/password-reset`)),
  resetSecondFactor: (id: string) => settle(send('DELETE', at`/api/v1/users/${id}/second-factor`)),
  listSessions: (id: string, signal?: AbortSignal) =>
    unwrap(send<Page<SignedInSession>>('GET', at`/api/v1/users/${id}/sessions`, { signal })),
  endSessions: (id: string) => settle(send('DELETE', at`/api/v1/users/${id}/sessions`)),
};

export const linkApi = {
  readInvitation: (token: string, signal?: AbortSignal) =>
    unwrap(send<LinkOwner>('POST', '/api/v1/invitations/read', { body: { token }, signal })),
  acceptInvitation: (body: { token: string; password: string }) =>
    unwrap(send<Session>('POST', '/api/v1/invitations/accept', { body })),
  requestPasswordReset: (email: string) =>
    settle(send('POST', '/api/v1/password-resets', { body: { email } })),
  readPasswordReset: (token: string, signal?: AbortSignal) =>
    unwrap(send<LinkOwner>('POST', '/api/v1/password-resets/read', { body: { token }, signal })),
  completePasswordReset: (body: { token: string; password: string }) =>
    settle(send('POST', '/api/v1/password-resets/complete', { body })),
};

export const apiTokenApi = {
  list: (query: ApiTokenQuery, signal?: AbortSignal) =>
    unwrap(send<Page<ApiToken>>('GET', '/api/v1/api-tokens', { query, signal })),
  create: (body: NewApiToken) =>
    unwrap(send<IssuedApiToken>('POST', '/api/v1/api-tokens', { body })),
  revoke: (id: string) => settle(send('DELETE', at`/api/v1/api-tokens/${id}`)),
};

export const tenantApi = {
  list: (signal?: AbortSignal) => unwrap(send<Page<Tenant>>('GET', '/api/v1/tenants', { signal })),
  create: (body: NewTenant) => unwrap(send<Tenant>('POST', '/api/v1/tenants', { body })),
  update: (id: string, body: TenantChange) =>
    unwrap(send<Tenant>('PATCH', at`/api/v1/tenants/${id}`, { body })),
  requestDeletion: (id: string, name: string) =>
    unwrap(send<Tenant>('POST', at`/api/v1/tenants/${id}/deletion`, { body: { name } })),
};

export const groupApi = {
  list: (query: { tenant_id?: string }, signal?: AbortSignal) =>
    unwrap(send<Page<Group>>('GET', '/api/v1/groups', { query, signal })),
  create: (body: NewGroup) => unwrap(send<Group>('POST', '/api/v1/groups', { body })),
  update: (id: string, body: GroupChange) =>
    unwrap(send<Group>('PATCH', at`/api/v1/groups/${id}`, { body })),
  delete: (id: string) => settle(send('DELETE', at`/api/v1/groups/${id}`)),
};

export const auditApi = {
  list: (query: AuditQuery, signal?: AbortSignal) =>
    unwrap(send<Page<AuditEvent>>('GET', '/api/v1/audit-events', { query, signal })),
  verify: (tenantId: string) =>
    unwrap(send<AuditVerification>('GET', at`/api/v1/tenants/${tenantId}/audit-verification`)),
  /** A plain link: the browser downloads it itself. */
  exportAddress: (format: 'csv' | 'jsonl', filter: AuditFilter) =>
    `/api/v1/audit-events/export${encodeQuery({ format, ...filter })}`,
};

export const openidApi = {
  read: (tenantId: string, signal?: AbortSignal) =>
    unwrap(send<Openid>('GET', at`/api/v1/tenants/${tenantId}/openid`, { signal })),
  update: (tenantId: string, body: OpenidChange) =>
    unwrap(send<Openid>('PUT', at`/api/v1/tenants/${tenantId}/openid`, { body })),
  delete: (tenantId: string) => settle(send('DELETE', at`/api/v1/tenants/${tenantId}/openid`)),
  test: (tenantId: string, issuer: string) =>
    unwrap(
      send<{ authorization_endpoint: string }>(
        'POST',
        at`/api/v1/tenants/${tenantId}/openid/test`,
        { body: { issuer } },
      ),
    ),
  startSignIn: (email: string) =>
    unwrap(
      send<{ authorization_url: string }>('POST', '/api/v1/openid-sign-ins', { body: { email } }),
    ),
  completeSignIn: (body: OpenidAnswer) =>
    unwrap(send<Session>('POST', '/api/v1/openid-sign-ins/complete', { body })),
};
