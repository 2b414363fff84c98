import { describe, expect, it } from 'vitest';
import { deviceFilter, parseDeviceSearch } from '@/features/devices/device-search';
import {
  decodeSelection,
  encodeQueryString,
  encodeSelection,
  parseQueryString,
  sortIn,
} from './query-string';

describe('the address', () => {
  it('survives a round trip', () => {
    const values = { search: 'zażółć & co', sort: '-last_scan_at', selected: 'a,b' };
    expect(parseQueryString(encodeQueryString(values))).toEqual(values);
  });

  it('keeps text that looks like a number as text', () => {
    expect(parseQueryString('?search=0042')).toEqual({ search: '0042' });
  });

  it('leaves out what is empty or unset', () => {
    expect(encodeQueryString({ search: '', group: undefined })).toBe('');
  });

  it('stays readable', () => {
    expect(encodeQueryString({ selected: 'a,b' })).toBe('?selected=a,b');
  });
});

describe('a device list', () => {
  it('drops values that it does not know', () => {
    const search = parseDeviceSearch({ system: 'beos', updates: 'pending', sort: 'colour' });
    expect(search.system).toBeUndefined();
    expect(search.sort).toBeUndefined();
    expect(search.updates).toBe('pending');
  });

  it('turns into the filter of the API', () => {
    const filter = deviceFilter({ tenant: 't1', system: 'linux', restart: 'required' });
    expect(filter).toMatchObject({ tenant_id: 't1', os_family: 'linux', restart: 'required' });
  });
});

describe('sorting', () => {
  it('takes a column in both directions', () => {
    expect(sortIn({ sort: 'hostname' }, ['hostname'])).toBe('hostname');
    expect(sortIn({ sort: '-hostname' }, ['hostname'])).toBe('-hostname');
  });
});

describe('selection', () => {
  it('is nothing, some, or everything that matches', () => {
    expect(decodeSelection(undefined)).toEqual({ type: 'none' });
    expect(decodeSelection('a,b')).toEqual({ type: 'chosen', ids: new Set(['a', 'b']) });
    expect(decodeSelection('all')).toEqual({ type: 'matching' });
  });

  it('leaves the address when it is empty', () => {
    expect(encodeSelection({ type: 'chosen', ids: new Set() })).toBeUndefined();
    expect(encodeSelection({ type: 'chosen', ids: new Set(['a', 'b']) })).toBe('a,b');
    expect(encodeSelection({ type: 'matching' })).toBe('all');
  });
});
