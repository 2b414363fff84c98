import type { Openid, OpenidSettings, Role } from '@/api/types';

/** Text keys of what is wrong with a value, before the server says so. */

export function issuerProblem(issuer: string) {
  const address = issuer.trim();
  if (address === '') return 'openid.issuer_missing';
  return URL.canParse(address) && address.startsWith('https://') ? null : 'openid.issuer_malformed';
}

/** One domain a line; commas and at signs are forgiven. */
export function domainsIn(text: string): string[] {
  const domains = text
    .split(/[\s,;]+/)
    .map((domain) => domain.replace(/^@/, '').toLowerCase())
    .filter((domain) => domain !== '');
  return [...new Set(domains)];
}

export function domainsProblem(text: string) {
  const domains = domainsIn(text);
  if (domains.length === 0) return 'openid.domains_missing';
  return domains.every((domain) => /^[^\s@/]+\.[^\s@/.]+$/.test(domain))
    ? null
    : 'openid.domains_malformed';
}

export interface RoleRow {
  value: string;
  role: Role;
}

export function rolesProblem(rows: readonly RoleRow[], claim: string) {
  const values = rows.map(({ value }) => value.trim());
  if (values.includes('')) return 'openid.role_value_missing';
  if (new Set(values).size < values.length) return 'openid.role_value_twice';
  return rows.length > 0 && claim.trim() === '' ? 'openid.role_claim_missing' : null;
}

export interface OpenidDraft {
  issuer: string;
  clientId: string;
  secret: string;
  domains: string;
  roleClaim: string;
  roles: RoleRow[];
  defaultRole: Role | '';
  enabled: boolean;
}

export function draftOf(openid: Openid | null): OpenidDraft {
  return {
    issuer: openid?.issuer ?? '',
    clientId: openid?.client_id ?? '',
    // Secrets are write-only.
    secret: '',
    domains: openid?.domains.join('\n') ?? '',
    roleClaim: openid?.role_claim ?? '',
    roles: openid?.roles ?? [],
    defaultRole: openid?.default_role ?? '',
    enabled: openid?.enabled ?? true,
  };
}

export function changeOf(draft: OpenidDraft): OpenidSettings {
  return {
    issuer: draft.issuer.trim(),
    client_id: draft.clientId.trim(),
    client_secret: draft.secret === '' ? undefined : draft.secret,
    domains: domainsIn(draft.domains),
    role_claim: draft.roleClaim.trim(),
    roles: draft.roles.map(({ value, role }) => ({ value: value.trim(), role })),
    default_role: draft.defaultRole === '' ? null : draft.defaultRole,
    enabled: draft.enabled,
  };
}
