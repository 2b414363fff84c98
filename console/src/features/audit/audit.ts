import { keepPreviousData, queryOptions, useMutation } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import type { AuditExport, AuditQuery } from '@/api/types';
import { encodeQueryString } from '@/util/query-string';

export function auditListQuery(query: AuditQuery) {
  return queryOptions({
    queryKey: [...keys.auditEvents, query],
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/audit-events', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    // The log grows with everything that anybody does.
    staleTime: 0,
  });
}

export function useVerifyAudit() {
  return useMutation({
    mutationFn: (tenantId: string) =>
      unwrap(
        client.GET('/api/v1/tenants/{id}/audit-verification', {
          params: { path: { id: tenantId } },
        }),
      ),
  });
}

/** A plain link: the browser downloads it itself. */
export function exportAddress(query: AuditExport): string {
  return `/api/v1/audit-events/export${encodeQueryString(query)}`;
}
