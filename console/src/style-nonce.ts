/**
 * The content security policy lets styles in that carry the page's nonce. The server writes a new
 * one into every page, where the build has left a place for it.
 */
export function styleNonce(): string {
  // The attribute itself reads as empty once the page is loaded.
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

/** Libraries that add styles of their own look for the nonce under this name. */
export function announceStyleNonce(): void {
  Object.assign(globalThis, { __webpack_nonce__: styleNonce() });
}
