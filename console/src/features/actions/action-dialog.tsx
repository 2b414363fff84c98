import { Alert, Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useEffect, useRef, useState } from 'react';
import { toApiError } from '@/api/problem';
import type { DeviceReference } from '@/api/types';
import { FormDialog } from '@/components/form/form-dialog';
import { useDialog, useLoss } from '@/components/form/unsaved';
import { ProblemNote } from '@/components/problem-note';
import { useDeviceCount } from '@/features/devices/devices';
import { skippedText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import classes from './action-dialog.module.css';
import { useCreateAction } from './actions';
import { BreakWindows } from './break-windows';
import { ChoiceFields } from './choice-fields';
import { isBroken, outsideWindow, useOutlook } from './outlook';
import {
  type ActionIntent,
  type ActionTarget,
  deadlineOf,
  isChoiceMissing,
  narrowFilter,
  restartTerms,
  type Schedule,
  type Skipped,
  scheduleProblem,
  splitByAbility,
  standardSchedule,
  type UpdateChoice,
  whenOf,
} from './schedule';
import { WhenFields } from './when-fields';

interface ActionDialogProps {
  intent: ActionIntent | null;
  onClose: () => void;
  onStarted?: () => void;
}

/** The one dialogue for every action: what will happen, to how many, and when. */
export function ActionDialog({ intent, onClose, onStarted }: ActionDialogProps) {
  const plan = usePlan(intent);
  if (!intent || !plan) return null;
  return (
    <FormDialog title={plan.title} size={520} onClose={onClose}>
      <ActionForm
        // A new intent is a new form, with its own idempotency key.
        key={`${intent.kind}-${plan.title}`}
        intent={intent}
        plan={plan}
        onStarted={onStarted}
      />
    </FormDialog>
  );
}

interface Plan {
  /** `null` while it is being counted. */
  count: number | null;
  ids: string[] | null;
  skipped: { count: number; reason: string } | null;
  title: string;
  body: string;
}

function useIntentCount(intent: ActionIntent | null): number | null {
  const matching = intent?.target.type === 'matching' ? intent.target.filter : null;
  const filter = matching && intent ? narrowFilter(matching, intent.kind) : {};
  return useDeviceCount(filter, matching !== null);
}

function usePlan(intent: ActionIntent | null): Plan | null {
  const { t } = useTranslation();
  const counted = useIntentCount(intent);
  if (!intent) return null;
  const { kind, target, updateKeys, updateTitle } = intent;
  const chosen = chosenDevices(target, kind);
  const count = chosen ? chosen.devices.length : counted;
  const only = chosen?.only;
  const base = kind === 'install_updates' ? 'install' : kind;
  const title = only
    ? t(`actions.${base}_title_named`, { name: only.hostname })
    : t(`actions.${base}_title`, { count: count ?? 0 });
  const bodies = {
    scan: () => t('actions.scan_body'),
    install_updates: () => installBody(t, updateKeys, updateTitle),
    restart: () => t('actions.restart_body', { count: count ?? 0 }),
  };
  return {
    count,
    ids: chosen ? chosen.devices.map((device) => device.id) : null,
    skipped:
      chosen?.skipped && !only
        ? { ...chosen.skipped, reason: skippedText(t, chosen.skipped.reason) }
        : null,
    title,
    body: bodies[kind](),
  };
}

interface ChosenDevices {
  devices: readonly DeviceReference[];
  /** The device, where only one was asked for. */
  only: DeviceReference | undefined;
  skipped: Skipped | null;
}

function chosenDevices(target: ActionTarget, kind: ActionIntent['kind']): ChosenDevices | null {
  if (target.type === 'matching') return null;
  const { devices } = target;
  if (target.type === 'sorted') {
    const only = target.skipped === null && devices.length === 1 ? devices[0] : undefined;
    return { devices, only, skipped: target.skipped };
  }
  const { able, left, reason } = splitByAbility(target.devices, kind);
  return {
    devices: able,
    only: devices.length === 1 ? devices[0] : undefined,
    skipped: reason ? { count: left.length, reason } : null,
  };
}

function installBody(
  t: TFunction,
  updateKeys: readonly string[] | undefined,
  title: string | undefined,
): string {
  if (title !== undefined) return t('actions.install_body_update', { title });
  return updateKeys
    ? t('actions.install_body_chosen', { count: updateKeys.length })
    : t('actions.install_body');
}

interface ActionFormProps {
  intent: ActionIntent;
  plan: Plan;
  onStarted: (() => void) | undefined;
}

function ActionForm({ intent, plan, onStarted }: ActionFormProps) {
  const { t } = useTranslation();
  const [schedule, setSchedule] = useState<Schedule>(standardSchedule);
  const [choice, setChoice] = useState<UpdateChoice>({
    byCategory: intent.byCategory === true,
    categories: ['security', 'critical'],
  });
  const [confirmed, setConfirmed] = useState(false);
  const [breaks, setBreaks] = useState(false);
  const [checks, setChecks] = useState(0);
  const checked = checks > 0;
  const content = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (checks > 0) showFirstFault(content.current);
  }, [checks]);
  const [idempotencyKey] = useState(newIdempotencyKey);
  const create = useCreateAction();
  const dialog = useDialog();
  useLoss(schedule.choice === 'at' && schedule.at !== '' && !create.isPending ? 'typed' : null);
  const { kind, target, updateKeys } = intent;
  const problem = scheduleProblem(schedule, Date.now());
  const outlook = useOutlook(intent, plan.ids, schedule, problem === null);
  const broken = schedule.choice === 'in_window' ? [] : (outlook.data?.broken ?? []);
  // The server has the last word: its windows may have changed since it was asked.
  const refused = create.isError && toApiError(create.error).code === outsideWindow;
  const mustBreak = kind !== 'scan' && (isBroken(outlook.data, schedule) || refused);
  const asks = kind === 'restart' && plan.count !== 1;
  const chooses = kind === 'install_updates' && !updateKeys;
  const byCategory = chooses && choice.byCategory;
  const missing = chooses && isChoiceMissing(choice);

  const start = () => {
    if (problem || missing || (asks && !confirmed) || (mustBreak && !breaks)) {
      setChecks(checks + 1);
      return;
    }
    const body = {
      kind,
      when: whenOf(schedule),
      deadline: deadlineOf(schedule, Date.now()),
      device_ids: plan.ids ?? undefined,
      filter: target.type === 'matching' ? narrowFilter(target.filter, kind) : undefined,
      update_keys: updateKeys ? [...updateKeys] : undefined,
      break_windows: mustBreak && breaks,
      categories: byCategory ? [...choice.categories] : undefined,
      ...(kind === 'restart' ? restartTerms(schedule) : {}),
    };
    create.mutate(
      { idempotencyKey, body },
      {
        onSuccess: () => {
          dialog?.finish();
          onStarted?.();
        },
      },
    );
  };

  if (plan.count === null) return <Text c="dimmed">{t('actions.counting')}</Text>;
  if (plan.count === 0) return <Text>{t('actions.nothing')}</Text>;
  return (
    <Stack gap="md" ref={content}>
      <PlanText
        kind={kind}
        plan={byCategory ? { ...plan, body: t('actions.install_body_categories') } : plan}
      />
      {chooses && (
        <ChoiceFields choice={choice} missing={checked && missing} onChange={setChoice} />
      )}
      <WhenFields
        kind={kind}
        schedule={schedule}
        problem={checked ? problem : null}
        outlook={kind === 'scan' ? undefined : outlook.data}
        onChange={setSchedule}
      />
      {mustBreak && (
        <BreakWindows
          broken={broken}
          closed={outlook.data?.closed ?? 0}
          confirmed={breaks}
          missing={checked && !breaks}
          onChange={setBreaks}
        />
      )}
      {asks && (
        <Checkbox
          label={t('actions.restart_confirm', { count: plan.count })}
          checked={confirmed}
          onChange={(event) => setConfirmed(event.currentTarget.checked)}
          error={checked && !confirmed ? t('actions.restart_confirm_missing') : null}
        />
      )}
      {create.isError && <ProblemNote error={create.error} title={t('actions.failed')} />}
      <Group justify="flex-end" gap="xs" className={classes.foot}>
        <Button variant="default" onClick={dialog?.leave}>
          {t('common.cancel')}
        </Button>
        <SubmitButton kind={kind} count={plan.count} busy={create.isPending} onClick={start} />
      </Group>
    </Stack>
  );
}

/** What stops the action may be out of sight, above or below. */
function showFirstFault(content: HTMLElement | null) {
  const fault = content?.querySelector<HTMLElement>('[aria-invalid="true"], input[data-error]');
  fault?.scrollIntoView({ block: 'center' });
  fault?.focus({ preventScroll: true });
}

/** `crypto.randomUUID` exists in secure contexts only; a console on plain HTTP must work too. */
function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}

function PlanText({ kind, plan }: { kind: ActionIntent['kind']; plan: Plan }) {
  const { t } = useTranslation();
  return (
    <>
      {kind === 'restart' ? (
        <Alert color="amber" icon={<IconAlertTriangle size={18} aria-hidden />}>
          {plan.body}
        </Alert>
      ) : (
        <Text>{plan.body}</Text>
      )}
      {plan.skipped && (
        <Text size="xs" c="dimmed">
          {t('actions.skipped', plan.skipped)}
        </Text>
      )}
    </>
  );
}

interface SubmitButtonProps {
  kind: ActionIntent['kind'];
  count: number;
  busy: boolean;
  onClick: () => void;
}

function SubmitButton({ kind, count, busy, onClick }: SubmitButtonProps) {
  const { t } = useTranslation();
  const texts = {
    scan: () => t('actions.scan_submit'),
    install_updates: () => t('actions.install_submit'),
    restart: () => t('actions.restart_submit', { count }),
  };
  return (
    <Button
      color={kind === 'restart' ? 'amber.4' : undefined}
      c={kind === 'restart' ? 'navy.9' : undefined}
      loading={busy}
      onClick={onClick}
    >
      {texts[kind]()}
    </Button>
  );
}
