import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client, settle, unwrap } from '@/api/client';
import type { TotpRequest } from '@/api/types';
import { sessionQuery } from '@/features/session/session';

/** Fewer recovery codes than this are worth a warning. */
const few = 3;

export function isRunningLow(left: number | null): boolean {
  return left !== null && left <= few;
}

/** Groups of four are easier to type; authenticator apps skip the spaces. */
export function spacedSecret(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(' ') ?? secret;
}

function useRefreshSession() {
  const queryClient = useQueryClient();
  return () => void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
}

export function useRequestTotp() {
  return useMutation({
    mutationFn: (body: TotpRequest) => unwrap(client.POST('/api/v1/profile/totp', { body })),
  });
}

export function useConfirmTotp() {
  const refresh = useRefreshSession();
  return useMutation({
    mutationFn: (totp_code: string) =>
      unwrap(client.POST('/api/v1/profile/totp/confirm', { body: { totp_code } })),
    onSuccess: refresh,
  });
}

export function useDisableTotp() {
  const refresh = useRefreshSession();
  return useMutation({
    mutationFn: (totp_code: string) =>
      settle(client.POST('/api/v1/profile/totp/disable', { body: { totp_code } })),
    onSuccess: refresh,
  });
}

export function useRenewRecoveryCodes() {
  const refresh = useRefreshSession();
  return useMutation({
    mutationFn: (totp_code: string) =>
      unwrap(client.POST('/api/v1/profile/recovery-codes', { body: { totp_code } })),
    onSuccess: refresh,
  });
}
