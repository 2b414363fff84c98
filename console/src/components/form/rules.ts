/** What the console can tell about a value before the server does; each answers with a text key. */

export const shortestPassword = 12;

export function newPasswordProblem(password: string) {
  if (password === '') return 'password.missing';
  return [...password].length < shortestPassword ? 'password.too_short' : null;
}

export function emailProblem(email: string) {
  const address = email.trim();
  if (address === '') return 'sign_in.email_missing';
  return /^\S+@\S+$/.test(address) ? null : 'sign_in.email_invalid';
}

/** Codes are often copied with a space in the middle. */
export function plainCode(code: string): string {
  return code.replaceAll(/\s/g, '');
}

export function totpCodeProblem(code: string) {
  const plain = plainCode(code);
  if (plain === '') return 'second_factor.code_missing';
  return /^\d{6}$/.test(plain) ? null : 'second_factor.code_malformed';
}

export function recoveryCodeProblem(code: string) {
  return code.trim() === '' ? 'second_factor.recovery_code_missing' : null;
}

/** Where an authenticator's code may be replaced by a recovery code. */
export function anyCodeProblem(code: string, kind: CodeKind) {
  return kind === 'totp' ? totpCodeProblem(code) : recoveryCodeProblem(code);
}

export type CodeKind = 'totp' | 'recovery';
