const storageKey = 'latarnik-return-to';

/** Only addresses of this console; anything else could lead a signed-in user elsewhere. */
export function safeReturn(address: string | undefined): string {
  return address?.startsWith('/') && !/^\/[/\\]/.test(address) ? address : '/updates';
}

/** Kept for this tab alone while the person is at their organisation's sign-in service. */
export function rememberReturn(address: string | undefined): void {
  if (address === undefined) sessionStorage.removeItem(storageKey);
  else sessionStorage.setItem(storageKey, address);
}

export function rememberedReturn(): string {
  const address = sessionStorage.getItem(storageKey) ?? undefined;
  sessionStorage.removeItem(storageKey);
  return safeReturn(address);
}
