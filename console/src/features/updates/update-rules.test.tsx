import { describe, expect, it } from 'vitest';
import type { DeviceUpdate, UpdateDevice, UpdateState } from '@/api/types';
import { updateStateText } from '@/i18n/codes';
import { i18n } from '@/i18n/index';
import { articleAddress } from './article';
import { failedFirst } from './device-updates';
import { installationIntent } from './install-lacking';
import {
  parseUpdatePageSearch,
  parseUpdateSearch,
  statesIn,
  updateListParameters,
} from './update-search';
import { toneOf } from './update-state-badge';

const since = '2026-11-20T10:00:00Z';

function offer(key: string, state: UpdateState): DeviceUpdate {
  return {
    key,
    id: key,
    title: key,
    titles: {},
    standing: { state, since },
    source: 'windows_update',
    category: 'security',
    may_restart: 'unknown',
    first_offered_at: since,
    policy: { verdict: 'manual' },
  };
}

function device(id: string, state: UpdateState, key = 'k1', tenant = 't1'): UpdateDevice {
  return {
    device_id: id,
    tenant_id: tenant,
    hostname: id,
    key,
    first_offered_at: since,
    standing: { state, since },
  };
}

describe("a device's updates", () => {
  it('begin with what failed, and keep their order otherwise', () => {
    const updates = [offer('a', 'offered'), offer('b', 'failed'), offer('c', 'approved')];
    expect(failedFirst(updates).map(({ key }) => key)).toEqual(['b', 'a', 'c']);
  });
});

describe('installing an update wherever it is lacking', () => {
  const update = 'Cumulative update';

  it('leaves out devices that already have a task for it, and says how many', () => {
    const intent = installationIntent(update, [
      device('d1', 'offered'),
      device('d2', 'approved'),
      device('d3', 'failed'),
    ]);
    expect(intent.target).toEqual({
      type: 'sorted',
      devices: [
        { id: 'd1', hostname: 'd1' },
        { id: 'd3', hostname: 'd3' },
      ],
      skipped: { count: 1, reason: 'already_approved' },
    });
  });

  it('names every key by which devices know the update, once', () => {
    const devices = [
      device('d1', 'offered', 'k1'),
      device('d2', 'offered', 'k2'),
      device('d3', 'failed', 'k1'),
    ];
    expect(installationIntent(update, devices).updateKeys).toEqual(['k1', 'k2']);
  });
});

describe('an article', () => {
  it('is looked up by its number alone', () => {
    expect(articleAddress('KB5070001')).toBe('https://support.microsoft.com/help/5070001');
    expect(articleAddress('5070001')).toBe('https://support.microsoft.com/help/5070001');
  });

  it('that is none is not made into an address', () => {
    expect(articleAddress('KB')).toBeNull();
    expect(articleAddress('5070001/../../x')).toBeNull();
    expect(articleAddress('javascript:alert(1)')).toBeNull();
  });
});

describe('the address of the list of updates', () => {
  it('asks for what most devices lack when it says nothing', () => {
    expect(updateListParameters(parseUpdateSearch({})).sort).toBe('-lacking');
  });

  it('asks for all states in which devices lack an update', () => {
    const query = updateListParameters(parseUpdateSearch({ situation: 'lacking' }));
    expect(query.state).toBe('offered,approved,downloaded,failed');
  });

  it('drops what no server knows', () => {
    const search = parseUpdateSearch({ situation: 'bogus', category: 'bogus', sort: 'bogus' });
    expect(search).toEqual(parseUpdateSearch({}));
    expect(parseUpdatePageSearch({ state: 'bogus' }).state).toBeUndefined();
  });

  it('narrows the devices of an update to one state or a group of them', () => {
    expect(statesIn('waiting')).toBe('offered,approved,downloaded');
    expect(statesIn('installed')).toBe('installed');
    expect(statesIn(undefined)).toBeUndefined();
  });
});

describe('a state that this console does not know', () => {
  it('is a sentence with its code, and looks unknown', () => {
    const { name, meaning } = updateStateText(i18n.getFixedT('pl'), 'brand_new');
    expect(name).toContain('brand_new');
    expect(meaning).toContain('brand_new');
    expect(toneOf('brand_new')).toBe('unknown');
    expect(toneOf('constructor')).toBe('unknown');
  });
});
