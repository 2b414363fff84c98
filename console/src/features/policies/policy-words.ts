import type { TFunction } from 'i18next';
import type {
  CategoryEntry,
  DeviceUpdate,
  DeviceUpdatePolicy,
  PolicyAnswer,
  PolicyRules,
  RestartEntry,
  RingPlan,
  ScopeReference,
  UpdateCategory,
  UpdateDecision,
  UpdateName,
} from '@/api/types';
import type { Tone } from '@/components/state-badge';
import { updateCategories } from '@/features/updates/update-search';
import type { Format } from '@/util/format';
import { switches } from './policy-rules';

/** Capitals begin a sentence in every language that the console speaks. */
function sentence(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

function categoryNames(t: TFunction, format: Format, categories: readonly UpdateCategory[]) {
  if (categories.length === updateCategories.length) return t('policies.summary.everything');
  return format.list(categories.map((category) => t(`policies.categories.${category}`)));
}

/** `automatic` in the order of its delay, then what is left to people. */
function byRule(entries: readonly CategoryEntry[]): [number | null, UpdateCategory[]][] {
  const groups = new Map<number | null, UpdateCategory[]>();
  for (const category of updateCategories) {
    const entry = entries.find((candidate) => candidate.category === category);
    if (!entry) continue;
    const rule = entry.install === 'manual' ? null : (entry.after_days ?? 0);
    groups.set(rule, [...(groups.get(rule) ?? []), category]);
  }
  return [...groups].toSorted(
    ([one], [other]) => (one ?? Number.POSITIVE_INFINITY) - (other ?? Number.POSITIVE_INFINITY),
  );
}

function rulePart(t: TFunction, what: string, days: number | null): string {
  if (days === null) return t('policies.summary.manual', { what });
  if (days === 0) return t('policies.summary.at_once', { what });
  return t('policies.summary.after', { what, count: days });
}

export function ringName(t: TFunction, ring: number, names: readonly string[]): string {
  return names[ring - 1] ?? t('policies.ring_number', { number: ring });
}

/** A policy in one line: “Security after 3 days · drivers by hand · deadline 14 days”. */
export function policySummary(
  t: TFunction,
  format: Format,
  rules: PolicyRules,
  names: readonly string[],
): string {
  const parts = byRule(rules.categories).map(([days, categories]) =>
    rulePart(t, categoryNames(t, format, categories), days),
  );
  const deadline = rules.deadline_days ?? null;
  if (deadline === 0) parts.push(t('policies.summary.no_deadline'));
  else if (deadline !== null) parts.push(t('policies.summary.deadline', { count: deadline }));
  if (typeof rules.ring === 'number') {
    parts.push(t('policies.summary.ring', { name: ringName(t, rules.ring, names) }));
  }
  if (rules.rings) {
    parts.push(t('policies.summary.rings', { names: rules.rings.names.join(' → ') }));
  }
  if (rules.restart) parts.push(t(`policies.summary.restart_${rules.restart.restart}`));
  for (const name of switches) {
    const value = rules[name];
    if (value) parts.push(t(`policies.summary.${name}_${value}`));
  }
  return parts.length === 0 ? t('policies.summary.nothing') : sentence(parts.join(' · '));
}

/** How updates of one category are installed, as a value in a table. */
export function ruleText(t: TFunction, rule: Pick<CategoryEntry, 'install' | 'after_days'>) {
  if (rule.install === 'manual') return t('policies.rule.manual');
  const days = rule.after_days ?? 0;
  return days === 0 ? t('policies.rule.at_once') : t('policies.rule.after', { count: days });
}

export function deadlineText(t: TFunction, days: number): string {
  return days === 0 ? t('policies.deadline_none') : t('policies.deadline_after', { count: days });
}

/** How a device comes to restart, as a value in a table. */
export function restartText(t: TFunction, rule: RestartEntry): string {
  if (rule.restart === 'manual') return t('policies.rule.manual');
  const minutes = rule.delay_minutes ?? 0;
  const told =
    minutes === 0 ? t('policies.restart.at_once') : t('policies.restart.told', { count: minutes });
  const { postponements } = rule;
  if (!postponements || postponements.most === 0) return told;
  const { most, minutes: each } = postponements;
  return `${told}, ${t('policies.restart.postponed', { count: most, minutes: each })}`;
}

/** Whose policy or decision it is, as the subject of a line. */
export function scopeText(t: TFunction, scope: ScopeReference, tenant: string): string {
  if (scope.kind === 'tenant') return t('policies.scope.tenant', { name: tenant });
  return t(`policies.scope.${scope.kind}`, { name: scope.name ?? '?' });
}

/** The rings plan as the sentence that it is. */
export function ringsSentence(t: TFunction, plan: RingPlan): string {
  const names = plan.names.map((name, index) => name || ringName(t, index + 1, []));
  return [
    t('policies.rings.way', { names: names.join(' → ') }),
    plan.wait_hours === 0
      ? t('policies.rings.onward_at_once', {
          attempted: plan.attempted_percent,
          success: plan.success_percent,
        })
      : t('policies.rings.onward', {
          count: plan.wait_hours,
          attempted: plan.attempted_percent,
          success: plan.success_percent,
        }),
    t('policies.rings.stop', {
      count: plan.stop_failed_devices,
      percent: plan.stop_failed_percent,
    }),
  ].join(' ');
}

export interface AnswerWords {
  text: string;
  tone: Tone;
}

function heldWords(
  t: TFunction,
  format: Format,
  answer: PolicyAnswer,
  ring: string | null,
): AnswerWords {
  const { because, until } = answer;
  const day = until ? format.day(until) : t('common.unknown');
  switch (because) {
    case 'deferral':
      return { text: t('policies.answers.deferral', { day }), tone: 'waiting' };
    case 'ring':
      return {
        text: ring ? t('policies.answers.ring_named', { name: ring }) : t('policies.answers.ring'),
        tone: 'waiting',
      };
    case 'stopped':
      return { text: t('policies.answers.stopped'), tone: 'attention' };
    case 'retry':
      return { text: t('policies.answers.retry', { day }), tone: 'waiting' };
    case 'failures':
      return { text: t('policies.answers.failures'), tone: 'failed' };
    case 'in_hand':
      return { text: t('policies.answers.in_hand'), tone: 'working' };
    default:
      return { text: t('policies.answers.held'), tone: 'unknown' };
  }
}

/** What policies say of an update, in a few words. */
export function answerWords(
  t: TFunction,
  format: Format,
  answer: PolicyAnswer,
  /** Whose rule it is, where that is known by name. */
  whose: string | null,
  /** The ring that the update has reached, where it waits for that. */
  ring: string | null = null,
): AnswerWords {
  switch (answer.verdict) {
    case 'due':
      if (answer.because === 'approved') {
        return { text: t('policies.answers.approved'), tone: 'ok' };
      }
      return answer.because === 'deadline'
        ? { text: t('policies.answers.deadline'), tone: 'attention' }
        : { text: t('policies.answers.automatic'), tone: 'ok' };
    case 'held':
      return heldWords(t, format, answer, ring);
    case 'blocked':
      return {
        text: whose ? t('policies.answers.blocked_by', { whose }) : t('policies.answers.blocked'),
        tone: 'failed',
      };
    default:
      return { text: t('policies.answers.manual'), tone: 'neutral' };
  }
}

type Named = Pick<DeviceUpdate, 'id' | 'kb' | 'package'>;

/** Debian writes packages of another architecture `name:architecture`. */
function plainPackage(name: string): string {
  return name.split(':')[0] ?? name;
}

/** Whether a decision is about this update. */
export function isAbout({ kind, value }: UpdateName, update: Named): boolean {
  if (kind === 'kb') return update.kb?.toUpperCase() === value.toUpperCase();
  if (kind === 'package') return update.package != null && plainPackage(update.package) === value;
  return update.id === value;
}

/** By what a decision names an update: as widely as people speak of it. */
export function nameOf(update: Named): UpdateName {
  if (update.kb) return { kind: 'kb', value: update.kb };
  if (update.package) return { kind: 'package', value: plainPackage(update.package) };
  return { kind: 'update_id', value: update.id };
}

/** The block before the approval where one scope has both, the narrower scope before the wider. */
export function decisionOn(
  decisions: readonly UpdateDecision[],
  update: Named,
): UpdateDecision | null {
  const about = decisions.filter((decision) => isAbout(decision.update, update));
  const [nearest] = about;
  if (!nearest) return null;
  const { kind, group_id } = nearest.scope;
  return (
    about.find(
      ({ verdict, scope }) =>
        verdict === 'block' && scope.kind === kind && scope.group_id === group_id,
    ) ?? nearest
  );
}

/** Whose rule an answer follows: of the decision if there is one, of the policy otherwise. */
export function whoseRule(
  rules: DeviceUpdatePolicy,
  update: Pick<DeviceUpdate, 'id' | 'kb' | 'package' | 'category' | 'policy'>,
): ScopeReference | null {
  if (!update.policy.scope) return null;
  const decision = decisionOn(rules.decisions, update);
  if (decision) return decision.scope;
  const policy = rules.policies.find((candidate) =>
    candidate.rules.categories.some(({ category }) => category === update.category),
  );
  return policy?.scope ?? null;
}

/** Who says it, in a word or two: “group Tills”. */
export function scopeName(t: TFunction, scope: ScopeReference): string {
  if (scope.kind === 'tenant') return t('policies.scope_name.tenant');
  return t(`policies.scope_name.${scope.kind}`, { name: scope.name ?? '?' });
}

/** Whose rule it is, until when it holds the update back, and the deadline. */
export function answerHint(
  t: TFunction,
  format: Format,
  answer: PolicyAnswer,
  scope: ScopeReference | null,
  tenant: string,
): string {
  const lines = [
    scope
      ? t('policies.hint.whose', { whose: scopeText(t, scope, tenant) })
      : answer.scope == null && t('policies.hint.nobody'),
    answer.until && t('policies.hint.until', { time: format.dateTime(answer.until) }),
    answer.deadline_at &&
      t('policies.hint.deadline', { time: format.dateTime(answer.deadline_at) }),
  ];
  return lines.filter(Boolean).join('\n');
}

/** How an update is marked in lists: blocked somewhere goes before approved somewhere. */
export function decisionMark(
  decisions: readonly UpdateDecision[],
  update: Named,
): { verdict: UpdateDecision['verdict']; decisions: UpdateDecision[] } | null {
  const about = decisions.filter((decision) => isAbout(decision.update, update));
  if (about.length === 0) return null;
  const blocked = about.some(({ verdict }) => verdict === 'block');
  return { verdict: blocked ? 'block' : 'approve', decisions: about };
}
