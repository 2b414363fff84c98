import { describe, expect, it } from 'vitest';
import { i18n } from '@/i18n';
import { auditActionText, auditDetailText, chainProblemText } from '@/i18n/codes';
import { exportAddress } from './audit';
import { auditActions, auditFilter, isNarrowed, parseAuditSearch } from './audit-search';

const en = i18n.getFixedT('en');
const pl = i18n.getFixedT('pl');

describe('the audit log in the address', () => {
  it('drops what it does not know', () => {
    const search = parseAuditSearch({ action: 'explode', since: 'yesterday', result: 'failed' });
    expect(search.action).toBeUndefined();
    expect(search.since).toBeUndefined();
    expect(search.result).toBe('failed');
  });

  it('holds whole days of the reader, both of which belong to the range', () => {
    const { since, until } = auditFilter({ since: '2026-11-23', until: '2026-11-23' });
    expect(since).toBe(new Date(2026, 10, 23).toISOString());
    expect(until).toBe(new Date(2026, 10, 24).toISOString());
  });

  it('is narrowed by anything but the tenant and the page', () => {
    expect(isNarrowed({ cursor: 'x', event: 'y' })).toBe(false);
    expect(isNarrowed({ target: 'd1' })).toBe(true);
  });

  it('leads to a download of what is shown', () => {
    const address = exportAddress({ format: 'csv', result: 'failed', search: 'a b' });
    expect(address).toBe('/api/v1/audit-events/export?format=csv&result=failed&search=a+b');
  });
});

describe('words of the audit log', () => {
  it('exist for every action in both languages', () => {
    for (const action of auditActions) {
      expect(auditActionText(en, action)).not.toBe(action);
      expect(auditActionText(pl, action)).not.toBe(auditActionText(en, action));
    }
  });

  it('of an unknown action are its code', () => {
    expect(auditActionText(pl, 'brand_new')).toBe('brand_new');
  });

  it('translate values that are words of the product, and no others', () => {
    expect(auditDetailText(pl, 'role', 'client_view')).toBe('Tylko podgląd');
    expect(auditDetailText(pl, 'name', 'owner')).toBe('owner');
  });

  it('say where a chain is broken', () => {
    expect(chainProblemText(en, 'event_missing', 17)).toBe('Entry 17 is missing.');
    expect(chainProblemText(en, 'brand_new', null)).toContain('brand_new');
  });
});
