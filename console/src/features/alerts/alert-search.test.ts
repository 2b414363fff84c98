import { describe, expect, it } from 'vitest';
import type { Alert } from '@/api/types';
import { alertListParameters, parseAlertSearch } from './alert-search';
import { alertRowSelection, selectedAlerts } from './alert-selection';

function alert(id: string, state: Alert['state']): Alert {
  return {
    id,
    kind: 'update_overdue',
    severity: 'critical',
    state,
    tenant: { id: 't1', name: 'Tenant' },
    device: { id: 'd1', hostname: 'PC-1' },
    cause: { kind: 'update_overdue', updates: 1, titles: ['A'] },
    since: '2026-11-20T10:00:00Z',
    raised_at: '2026-11-20T10:00:00Z',
  };
}

describe('the address of the alerts', () => {
  it('means open ones where it says nothing', () => {
    expect(alertListParameters(parseAlertSearch({})).state).toBe('open');
    expect(alertListParameters(parseAlertSearch({ view: 'closed' })).state).toBe('closed');
    expect(alertListParameters(parseAlertSearch({ view: 'all' })).state).toBeUndefined();
  });

  it('leaves out what it does not know', () => {
    const search = parseAlertSearch({ view: 'loud', kind: 'amiga', device: 'd1' });
    expect(search).toMatchObject({ view: undefined, kind: undefined, device: 'd1' });
  });
});

describe('the selection', () => {
  it('covers no alert that is closed or out of view', () => {
    const alerts = [alert('a', 'open'), alert('b', 'closed'), alert('c', 'acknowledged')];
    const found = selectedAlerts(alerts, new Set(['a', 'b', 'c', 'elsewhere']));
    expect(found.map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('takes the whole page and lets go of it', () => {
    const alerts = [alert('a', 'open'), alert('b', 'open')];
    let ids: ReadonlySet<string> = new Set(['a']);
    const selection = () =>
      alertRowSelection(alerts, ids, (next) => {
        ids = next;
      });
    expect(selection()).toMatchObject({ all: false, some: true });
    selection().toggleAll();
    expect([...ids]).toEqual(['a', 'b']);
    selection().toggleAll();
    expect(ids.size).toBe(0);
  });
});
