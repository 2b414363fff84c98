import { describe, expect, it } from 'vitest';
import {
  changeOf,
  domainsIn,
  domainsProblem,
  draftOf,
  issuerProblem,
  rolesProblem,
} from './openid-rules';

describe('single sign-on', () => {
  it('takes only issuers that are reached safely', () => {
    expect(issuerProblem('')).toBe('openid.issuer_missing');
    expect(issuerProblem('http://login.example.test')).toBe('openid.issuer_malformed');
    expect(issuerProblem('https://')).toBe('openid.issuer_malformed');
    expect(issuerProblem(' https://login.example.test/realms/a ')).toBeNull();
  });

  it('reads domains as people write them', () => {
    expect(domainsIn('@Example.test\nother.test, third.test\n\nother.test')).toEqual([
      'example.test',
      'other.test',
      'third.test',
    ]);
    expect(domainsProblem('\n')).toBe('openid.domains_missing');
    expect(domainsProblem('example.test\nanna@example.test')).toBe('openid.domains_malformed');
  });

  it('maps each value once, from a claim that is named', () => {
    const row = (value: string) => ({ value, role: 'technician' as const });
    expect(rolesProblem([], '')).toBeNull();
    expect(rolesProblem([row('a')], '')).toBe('openid.role_claim_missing');
    expect(rolesProblem([row('a'), row(' a')], 'roles')).toBe('openid.role_value_twice');
    expect(rolesProblem([row('')], 'roles')).toBe('openid.role_value_missing');
  });

  it('leaves a secret alone that is not typed anew', () => {
    const draft = { ...draftOf(null), issuer: 'https://a.test', domains: 'a.test' };
    expect(changeOf(draft).client_secret).toBeUndefined();
    expect(changeOf({ ...draft, secret: 's' }).client_secret).toBe('s');
    expect(changeOf(draft).default_role).toBeNull();
  });
});
