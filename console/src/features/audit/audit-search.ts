import type { AuditFilter, AuditQuery } from '@/api/types';
import { oneOf, textIn } from '@/util/query-string';

/** What can have happened, in the order of the filter's groups. */
export const auditActions = [
  'sign_in',
  'sign_out',
  'end_session',
  'end_user_sessions',
  'change_password',
  'update_profile',
  'request_password_reset',
  'create_password_reset',
  'reset_password',
  'turn_on_second_factor',
  'turn_off_second_factor',
  'reset_second_factor',
  'renew_recovery_codes',
  'invite_user',
  'renew_invitation',
  'accept_invitation',
  'create_user',
  'update_user',
  'delete_user',
  'create_api_token',
  'revoke_api_token',
  'create_enrollment_token',
  'revoke_enrollment_token',
  'register_device',
  'renew_certificate',
  'move_device',
  'remove_device',
  'scan_devices',
  'install_updates',
  'restart_devices',
  'cancel_task',
  'acknowledge_alert',
  'create_tenant',
  'update_tenant',
  'request_tenant_deletion',
  'delete_tenant',
  'create_group',
  'update_group',
  'delete_group',
  'update_openid',
  'delete_openid',
  'prune_audit',
  'export_audit',
  'rotate_master_key',
  'create_maintenance_window',
  'change_maintenance_window',
  'delete_maintenance_window',
  'create_blackout',
  'change_blackout',
  'delete_blackout',
  'change_maintenance_settings',
  'create_calendar_feed',
  'delete_calendar_feed',
] as const;

export const auditResults = ['succeeded', 'failed'] as const;

export const actorKinds = [
  'user',
  'api_token',
  'agent',
  'command_line',
  'system',
  'unknown',
] as const;

/** What the address of the audit log holds. */
export interface AuditSearch {
  search?: string;
  actor_kind?: (typeof actorKinds)[number];
  /** One person, token or agent. */
  actor?: string;
  action?: (typeof auditActions)[number];
  result?: (typeof auditResults)[number];
  target_kind?: string;
  target?: string;
  /** Days of the reader's calendar, such as `2026-11-23`; both belong to the range. */
  since?: string;
  until?: string;
  cursor?: string;
  /** The event whose details are open. */
  event?: string;
}

/** The part that a `tenant` from the signed-in layout joins. */
export type TenantAuditSearch = AuditSearch & { tenant?: string };

export const auditPageSize = 50;

export function parseAuditSearch(values: Record<string, unknown>): AuditSearch {
  return {
    search: textIn(values, 'search'),
    actor_kind: oneOf(values, 'actor_kind', actorKinds),
    actor: textIn(values, 'actor'),
    action: oneOf(values, 'action', auditActions),
    result: oneOf(values, 'result', auditResults),
    target_kind: textIn(values, 'target_kind'),
    target: textIn(values, 'target'),
    since: dayIn(values, 'since'),
    until: dayIn(values, 'until'),
    cursor: textIn(values, 'cursor'),
    event: textIn(values, 'event'),
  };
}

function dayIn(values: Record<string, unknown>, key: string): string | undefined {
  const text = textIn(values, key);
  return text && startOfDay(text, 0) !== null ? text : undefined;
}

/** Midnight on the reader's wall clock, so many days after the day named. */
function startOfDay(day: string, later: number): Date | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!match) return null;
  const [, year, month, date] = match.map(Number);
  const start = new Date(year ?? 0, (month ?? 1) - 1, (date ?? 1) + later);
  return Number.isNaN(start.getTime()) ? null : start;
}

export function auditFilter(search: TenantAuditSearch): AuditFilter {
  return {
    tenant_id: search.tenant,
    actor_id: search.actor,
    actor_kind: search.actor_kind,
    action: search.action,
    target_kind: search.target_kind,
    target_id: search.target,
    result: search.result,
    since: search.since && startOfDay(search.since, 0)?.toISOString(),
    // The first instant that no longer belongs to the range.
    until: search.until && startOfDay(search.until, 1)?.toISOString(),
    search: search.search,
  };
}

export function auditQuery(search: TenantAuditSearch): AuditQuery {
  return { ...auditFilter(search), limit: auditPageSize, cursor: search.cursor };
}

export const noAuditFilter = {
  search: undefined,
  actor_kind: undefined,
  actor: undefined,
  action: undefined,
  result: undefined,
  target_kind: undefined,
  target: undefined,
  since: undefined,
  until: undefined,
} as const satisfies AuditSearch;

/** Whether anything but the tenant narrows the log. */
export function isNarrowed(search: AuditSearch): boolean {
  return Object.keys(noAuditFilter).some(
    (name) => search[name as keyof typeof noAuditFilter] !== undefined,
  );
}
