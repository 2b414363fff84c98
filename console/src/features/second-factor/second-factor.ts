import { useMutation, useQueryClient } from '@tanstack/react-query';
import { profileApi, type TotpRequest } from '@/api/identity';
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
  return useMutation({ mutationFn: (body: TotpRequest) => profileApi.requestTotp(body) });
}

export function useConfirmTotp() {
  const refresh = useRefreshSession();
  return useMutation({
    mutationFn: (code: string) => profileApi.confirmTotp(code),
    onSuccess: refresh,
  });
}

export function useDisableTotp() {
  const refresh = useRefreshSession();
  return useMutation({
    mutationFn: (code: string) => profileApi.disableTotp(code),
    onSuccess: refresh,
  });
}

export function useRenewRecoveryCodes() {
  const refresh = useRefreshSession();
  return useMutation({
    mutationFn: (code: string) => profileApi.renewRecoveryCodes(code),
    onSuccess: refresh,
  });
}
