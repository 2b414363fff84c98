import type { TFunction } from 'i18next';
import en from './en.json';
import hresults from './hresults.json';

/**
 * The server sends codes, never prose. Codes are open sets: a newer server may send one that this
 * console does not know, which is then shown as a generic sentence with the code in it.
 */
function knows<Texts extends object>(texts: Texts, code: string): code is keyof Texts & string {
  return code !== 'other' && Object.hasOwn(texts, code);
}

export interface Explanation {
  title: string;
  remedy: string;
  /** What the system calls the code, such as `WU_E_NO_CONNECTION`. */
  name?: string;
}

export function errorText(t: TFunction, code: string): string {
  const codes = en.errors.codes;
  return knows(codes, code) ? t(`errors.codes.${code}`) : t('errors.codes.other', { code });
}

export function fieldErrorText(t: TFunction, code: string): string {
  const fields = en.errors.fields;
  return knows(fields, code) ? t(`errors.fields.${code}`) : t('errors.fields.other', { code });
}

export function disabledText(t: TFunction, reason: string): string {
  return knows(en.disabled, reason)
    ? t(`disabled.${reason}`)
    : t('disabled.other', { code: reason });
}

/** The same reasons, as the end of a sentence about several devices. */
export function skippedText(t: TFunction, reason: string): string {
  return knows(en.skipped, reason) ? t(`skipped.${reason}`) : t('skipped.other', { code: reason });
}

export function signalText(t: TFunction, name: string): string {
  return knows(en.signals, name) ? t(`signals.${name}`) : t('signals.other', { code: name });
}

export function taskStateText(t: TFunction, state: string): string {
  const states = en.task_states;
  return knows(states, state) ? t(`task_states.${state}`) : t('task_states.other', { code: state });
}

export interface StateText {
  name: string;
  /** One sentence on what the state means. */
  meaning: string;
}

/** Who asked for something; a program or a rule is told apart from a person. */
export function creatorText(t: TFunction, kind: string, name: string): string {
  const creators = en.creators;
  return knows(creators, kind) ? t(`creators.${kind}`, { name }) : name;
}

export function updateStateText(t: TFunction, state: string): StateText {
  const states = en.update_states;
  if (!knows(states, state)) {
    return {
      name: t('update_states.other.name', { code: state }),
      meaning: t('update_states.other.meaning', { code: state }),
    };
  }
  return { name: t(`update_states.${state}.name`), meaning: t(`update_states.${state}.meaning`) };
}

export function outcomeText(t: TFunction, outcome: string): string {
  const { installed, unconfirmed, downloaded, failed, superseded, skipped } = en.outcomes;
  const outcomes = { installed, unconfirmed, downloaded, failed, superseded, skipped };
  return knows(outcomes, outcome)
    ? t(`outcomes.${outcome}`)
    : t('outcomes.other', { code: outcome });
}

/** What Windows means by the result code of an installation. */
export function resultCodeText(t: TFunction, resultCode: number): string {
  const code = String(resultCode);
  return knows(en.result_codes, code) ? t(`result_codes.${code}`) : t('result_codes.other');
}

export function actionKindText(t: TFunction, kind: string): string {
  const kinds = en.action_kinds;
  return knows(kinds, kind) ? t(`action_kinds.${kind}`) : t('action_kinds.other', { code: kind });
}

export function reasonText(t: TFunction, code: string): Explanation {
  if (!knows(en.reasons, code)) {
    return { title: t('reasons.other.title', { code }), remedy: t('reasons.other.remedy') };
  }
  return { title: t(`reasons.${code}.title`), remedy: t(`reasons.${code}.remedy`) };
}

/** HRESULTs are compared without regard to the case of their hexadecimal digits. */
function hresultCode(hresult: string): string {
  return `0x${hresult.replace(/^0x/i, '').toUpperCase()}`;
}

export function hresultName(hresult: string): string | undefined {
  const code = hresultCode(hresult);
  return knows(hresults, code) ? hresults[code].name : undefined;
}

export function hresultText(t: TFunction, hresult: string): Explanation {
  const code = hresultCode(hresult);
  if (knows(hresults, code)) {
    return {
      title: t(`hresults.${code}.title`),
      remedy: t(`hresults.${code}.remedy`),
      name: hresults[code].name,
    };
  }
  const win32 = /^0x8007([0-9A-F]{4})$/.exec(code)?.[1];
  if (win32 !== undefined) {
    const number = Number.parseInt(win32, 16);
    return {
      title: t('hresults.win32.title', { number }),
      remedy: t('hresults.win32.remedy', { code }),
    };
  }
  return {
    title: t('hresults.other.title', { code }),
    remedy: t('hresults.other.remedy', { code }),
  };
}

export function isHresult(detail: string): boolean {
  return /^0x[0-9a-f]{8}$/i.test(detail);
}

export function platformText(t: TFunction, platform: string): string {
  const key = platform.replace('-', '_');
  const platforms = en.enrollment.platforms;
  return knows(platforms, key)
    ? t(`enrollment.platforms.${key}`)
    : t('enrollment.platforms.other', { platform });
}

export function actorKindText(t: TFunction, kind: string): string {
  const kinds = en.actor_kinds;
  return knows(kinds, kind) ? t(`actor_kinds.${kind}`) : t('actor_kinds.other', { code: kind });
}

/** Kinds of actors that have no name of their own, other than what the server calls them. */
const nameless: readonly string[] = ['command_line', 'system', 'unknown'];

export function actorText(t: TFunction, { kind, name }: { kind: string; name: string }): string {
  return name === '' || nameless.includes(kind) ? actorKindText(t, kind) : name;
}

/** Who made something, where only the name is kept: that of the command line is no person's. */
export function authorText(t: TFunction, name: string): string {
  return name === 'command line' ? actorKindText(t, 'command_line') : name;
}

export function targetKindText(t: TFunction, kind: string): string {
  const kinds = en.target_kinds;
  return knows(kinds, kind) ? t(`target_kinds.${kind}`) : t('target_kinds.other', { code: kind });
}

export function auditActionText(t: TFunction, action: string): string {
  const actions = en.audit_actions;
  return knows(actions, action)
    ? t(`audit_actions.${action}`)
    : t('audit_actions.other', { code: action });
}

/** What a detail is called of a thing of this kind: a window is switched on, a sign-in allowed. */
export function auditDetailNameText(t: TFunction, name: string, targetKind: string): string {
  const names = en.audit_details;
  if (name === 'enabled' && targetKind === 'maintenance_window') {
    return t('audit_details.window_enabled');
  }
  return knows(names, name) ? t(`audit_details.${name}`) : t('audit_details.other', { code: name });
}

/** Values that are words of the product, such as a role; all others stand for themselves. */
export function auditDetailText(t: TFunction, name: string, value: string): string {
  const { enabled, method, second_factor } = en.audit_values;
  if (name === 'role' && knows(en.roles, value)) return t(`roles.${value}`);
  if (name === 'state' && knows(en.users.states, value)) return t(`users.states.${value}`);
  if (name === 'alert_kind' && knows(en.alerts.kinds, value)) return t(`alerts.kinds.${value}`);
  if (name === 'verdict' && knows(en.policies.verdicts, value)) {
    return t(`policies.verdicts.${value}`);
  }
  if (name === 'enabled' && knows(enabled, value)) return t(`audit_values.enabled.${value}`);
  if (name === 'method' && knows(method, value)) return t(`audit_values.method.${value}`);
  if (name === 'second_factor' && knows(second_factor, value)) {
    return t(`audit_values.second_factor.${value}`);
  }
  return value;
}

export function chainProblemText(t: TFunction, code: string, sequence: number | null): string {
  const problems = en.chain_problems;
  if (!knows(problems, code)) return t('chain_problems.other', { code });
  return code === 'seal_broken'
    ? t('chain_problems.seal_broken')
    : t(`chain_problems.${code}`, { sequence: sequence ?? '?' });
}
