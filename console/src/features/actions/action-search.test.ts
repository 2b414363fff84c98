import { describe, expect, it } from 'vitest';
import { actionListParameters, parseActionSearch } from './action-search';

describe('the address of the list of actions', () => {
  it('holds only what the list knows', () => {
    const search = parseActionSearch({ kind: 'scan', by: 'somebody', state: 'open', other: '1' });
    expect(search).toEqual({ kind: 'scan', by: undefined, state: 'open', cursor: undefined });
  });

  it('asks for the own actions, or for those of a kind of somebody', () => {
    expect(actionListParameters({ by: 'own' })).toMatchObject({
      own: true,
      created_by_kind: undefined,
    });
    expect(actionListParameters({ by: 'policy' })).toMatchObject({
      own: undefined,
      created_by_kind: 'policy',
    });
  });

  it('asks for neither open nor ended ones unless it says so', () => {
    expect(actionListParameters({}).open).toBeUndefined();
    expect(actionListParameters({ state: 'open' }).open).toBe(true);
    expect(actionListParameters({ state: 'ended' }).open).toBe(false);
  });
});
