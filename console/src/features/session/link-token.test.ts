import { describe, expect, it } from 'vitest';
import { tokenIn } from './link-token';
import { rememberedReturn, rememberReturn, safeReturn } from './return-address';

describe('a mailed link', () => {
  it('carries 64 hexadecimal digits behind its #', () => {
    const token = '0123456789abcdef'.repeat(4);
    expect(tokenIn(`#${token}`)).toBe(token);
    expect(tokenIn(`#${token.slice(1)}`)).toBeNull();
    expect(tokenIn('')).toBeNull();
  });
});

describe('the way back after signing in', () => {
  it('stays within the console', () => {
    expect(safeReturn('/tasks?state=failed')).toBe('/tasks?state=failed');
    expect(safeReturn('//evil.test')).toBe('/updates');
    expect(safeReturn('/\\evil.test')).toBe('/updates');
    expect(safeReturn('https://evil.test')).toBe('/updates');
  });

  it('is remembered for one sign-in at the organisation', () => {
    rememberReturn('/audit');
    expect(rememberedReturn()).toBe('/audit');
    expect(rememberedReturn()).toBe('/updates');
  });
});
