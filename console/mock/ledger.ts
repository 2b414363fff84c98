import type { DeviceUpdate, UpdateState, UpdateStep } from '../src/api/types.ts';
import type { Device } from './fleet.ts';
import type { Task } from './state.ts';

/** What a step rests on, besides the update and the time. */
type StepValues = Partial<UpdateStep['evidence']> & { reason_code?: UpdateStep['reason_code'] };

interface DeviceLedger {
  /** What the latest search no longer offers. */
  past: DeviceUpdate[];
  /** Newest first. */
  steps: UpdateStep[];
  scans: number;
  boots: number;
}

const empty = (): DeviceLedger => ({ past: [], steps: [], scans: 1, boots: 1 });

function bootId(device: string, boots: number): string {
  return `${device}-boot-${boots}`;
}

/** Where every update stands on every device, and every step on the way there. */
export function createLedger(offered: Map<string, DeviceUpdate[]>) {
  const devices = new Map<string, DeviceLedger>();
  const of = (id: string): DeviceLedger => {
    const ledger = devices.get(id) ?? empty();
    devices.set(id, ledger);
    return ledger;
  };
  const take = (
    device: string,
    update: DeviceUpdate,
    state: UpdateState,
    at: string,
    values: StepValues = {},
  ) => {
    const ledger = of(device);
    const { reason_code = null, ...evidence } = values;
    update.standing = {
      state,
      since: at,
      reason_code,
      result_code: evidence.result_code ?? null,
      hresult: evidence.hresult ?? null,
      task_id: evidence.task_id ?? update.standing.task_id ?? null,
    };
    ledger.steps.unshift({
      position: ledger.steps.length + 1,
      update_id: update.id,
      key: update.key,
      title: update.title,
      titles: update.titles,
      kb: update.kb ?? null,
      state,
      at,
      reason_code,
      evidence: {
        task_id: null,
        task_created_by: null,
        scan: null,
        boot_id: null,
        result_code: null,
        hresult: null,
        ...evidence,
      },
    });
  };
  const boot = (id: string) => bootId(id, of(id).boots);
  return {
    of,
    take,
    all: (id: string): DeviceUpdate[] => [...(offered.get(id) ?? []), ...of(id).past],
    /** The device has a task on its disk that is to install updates. */
    approve: (task: Task) => {
      const { id } = task.device;
      for (const update of offered.get(id) ?? []) {
        const chosen = !task.update_keys || task.update_keys.includes(update.key);
        if (!chosen || !['offered', 'downloaded', 'failed'].includes(update.standing.state))
          continue;
        take(id, update, 'approved', new Date().toISOString(), {
          task_id: task.id,
          task_created_by: task.created_by,
        });
      }
    },
    /** What a task has made of its updates, after it searched again. */
    settle: (task: Task, results: Task['updates']) => {
      const { id } = task.device;
      const ledger = of(id);
      ledger.scans += 1;
      for (const result of results) {
        const update = offered.get(id)?.find(({ key }) => key === result.key);
        if (!update) continue;
        const success = result.restart_required ? 'restart_pending' : 'installed';
        const state = result.outcome === 'installed' ? success : 'failed';
        take(id, update, state, new Date().toISOString(), {
          task_id: task.id,
          task_created_by: task.created_by,
          scan: ledger.scans,
          boot_id: boot(id),
          result_code: result.result_code,
          hresult: result.hresult,
        });
        if (state !== 'failed') ledger.past.unshift(update);
      }
    },
    /** A search after a restart confirms what waited for it. */
    restarted: (id: string) => {
      const ledger = of(id);
      ledger.scans += 1;
      ledger.boots += 1;
      for (const update of ledger.past) {
        if (update.standing.state !== 'restart_pending') continue;
        take(id, update, 'installed', new Date().toISOString(), {
          scan: ledger.scans,
          boot_id: boot(id),
        });
      }
    },
    scanned: (id: string) => {
      of(id).scans += 1;
    },
  };
}

export type Ledger = ReturnType<typeof createLedger>;

interface Story {
  device: Device;
  index: number;
  offered: DeviceUpdate[];
  past: DeviceUpdate[];
  now: number;
}

const hour = 3_600_000;
const askers = ['Anna Kowalska', 'Piotr Nowak'] as const;
const hresults = ['0x80070643', '0x800F0922', '0x8024200D', '0x80240022'] as const;

/** Writes what happened on a device before the mock started; answers with the task it tells of. */
export function tellStory(ledger: Ledger, story: Story): Task | null {
  const { device, index, offered, past, now } = story;
  const at = (hours: number) => new Date(now - hours * hour).toISOString();
  const windows = device.os.family === 'windows';
  const own = ledger.of(device.id);
  const task_id = `tsk-h${String(index).padStart(4, '0')}`;
  const task_created_by = askers[index % 2] ?? askers[0];
  const asked = { task_id, task_created_by };
  const nothing = { result_code: null, hresult: null };
  const result = (hresult: string | null, code = 2) => ({
    ...asked,
    ...(windows ? { result_code: code, hresult: hresult ?? '0x00000000' } : {}),
    scan: own.scans,
    boot_id: bootId(device.id, own.boots),
    reason_code: hresult || code === 2 ? null : ('installer_failed' as const),
  });
  const firstSeen = [...offered, ...past].sort((one, other) =>
    one.first_offered_at.localeCompare(other.first_offered_at),
  );
  for (const update of firstSeen) {
    const early = update.first_offered_at === firstSeen[0]?.first_offered_at;
    ledger.take(device.id, update, 'offered', update.first_offered_at, {
      scan: early ? 1 : 4,
      boot_id: bootId(device.id, early ? 1 : 2),
    });
  }
  own.past = past;
  own.scans = 9;
  own.boots = 3;
  const failing = offered.filter((_, place) => index % 3 === 0 && place === 1);
  const installing = past.filter((_, place) => place < 4);
  const results: Task['updates'] = [];
  for (const update of [...failing, ...installing]) {
    ledger.take(device.id, update, 'approved', at(50), asked);
  }
  own.scans = 10;
  for (const update of failing) {
    const hresult = windows ? (hresults[index % hresults.length] ?? null) : null;
    const values = { ...nothing, ...result(hresult, 4) };
    ledger.take(device.id, update, 'failed', at(49.5), values);
    results.push(outcome(update, 'failed', values.hresult ?? null));
  }
  installing.forEach((update, place) => {
    const values = { ...nothing, ...result(null) };
    const restart = place === 0;
    ledger.take(device.id, update, restart ? 'restart_pending' : 'installed', at(49.5), values);
    results.push(outcome(update, 'installed', values.hresult ?? null, restart));
    if (!restart || device.restart.required === 'yes') return;
    own.boots += 1;
    own.scans += 1;
    ledger.take(device.id, update, 'installed', at(26), {
      scan: own.scans,
      boot_id: bootId(device.id, own.boots),
    });
  });
  for (const update of past.slice(4)) {
    own.scans += 1;
    ledger.take(device.id, update, 'superseded', at(20), {
      scan: own.scans,
      boot_id: bootId(device.id, own.boots),
    });
  }
  const undone = offered[2];
  if (undone && index % 4 === 1 && windows) {
    ledger.take(device.id, undone, 'failed', at(8), {
      scan: own.scans + 1,
      boot_id: bootId(device.id, own.boots),
      reason_code: 'still_offered',
    });
    own.scans += 1;
  }
  const loaded = offered[4];
  if (loaded && index % 5 === 2) ledger.take(device.id, loaded, 'downloaded', at(6), asked);
  if (results.length === 0) return null;
  const failed = failing.length > 0;
  return {
    id: task_id,
    action_id: 'act-history',
    breaks_windows: false,
    kind: 'install_updates',
    when: { type: 'now' },
    device: { id: device.id, hostname: device.hostname },
    state: failed ? 'failed' : 'succeeded',
    reason_code: failed ? 'installer_failed' : null,
    created_at: at(50.2),
    delivered_at: at(50),
    started_at: at(50),
    finished_at: at(49.5),
    created_by: task_created_by,
    created_by_kind: 'user',
    exit_code: failed ? 1 : 0,
    updates: results,
    can: { cancel: { allowed: false, reason: 'task_already_finished' } },
  };
}

function outcome(
  { key, title }: DeviceUpdate,
  ended: 'installed' | 'failed',
  hresult: string | null,
  restart_required = false,
): Task['updates'][number] {
  const result_code = hresult === null ? null : ended === 'failed' ? 4 : 2;
  return { key, title, outcome: ended, hresult, result_code, restart_required };
}
