import { keepPreviousData, queryOptions, useMutation } from '@tanstack/react-query';
import { type AuditQuery, auditApi } from '@/api/identity';
import { keys } from '@/api/keys';

export function auditListQuery(query: AuditQuery) {
  return queryOptions({
    queryKey: [...keys.auditEvents, query],
    queryFn: ({ signal }) => auditApi.list(query, signal),
    placeholderData: keepPreviousData,
    // The log grows with everything that anybody does.
    staleTime: 0,
  });
}

export function useVerifyAudit() {
  return useMutation({ mutationFn: (tenantId: string) => auditApi.verify(tenantId) });
}
