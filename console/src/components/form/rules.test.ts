import { describe, expect, it } from 'vitest';
import {
  anyCodeProblem,
  emailProblem,
  newPasswordProblem,
  plainCode,
  totpCodeProblem,
} from './rules';

describe('a new password', () => {
  it('has at least twelve characters, counted as people count them', () => {
    expect(newPasswordProblem('')).toBe('password.missing');
    expect(newPasswordProblem('elevenchars')).toBe('password.too_short');
    expect(newPasswordProblem('twelve chars')).toBeNull();
    expect(newPasswordProblem('😀'.repeat(11))).toBe('password.too_short');
    expect(newPasswordProblem('😀'.repeat(12))).toBeNull();
  });
});

describe('an e-mail address', () => {
  it('is asked for, and then looked at only roughly', () => {
    expect(emailProblem(' ')).toBe('sign_in.email_missing');
    expect(emailProblem('anna')).toBe('sign_in.email_invalid');
    expect(emailProblem(' anna@example.test ')).toBeNull();
  });
});

describe('a code', () => {
  it('of the app has six digits, however they are spaced', () => {
    expect(totpCodeProblem('')).toBe('second_factor.code_missing');
    expect(totpCodeProblem('12345')).toBe('second_factor.code_malformed');
    expect(totpCodeProblem('123 456')).toBeNull();
    expect(plainCode(' 123 456 ')).toBe('123456');
  });

  it('to recover with may look like anything', () => {
    expect(anyCodeProblem('k7pw-2mzq', 'totp')).toBe('second_factor.code_malformed');
    expect(anyCodeProblem('k7pw-2mzq', 'recovery')).toBeNull();
    expect(anyCodeProblem(' ', 'recovery')).toBe('second_factor.recovery_code_missing');
  });
});
