import type { TFunction } from 'i18next';
import type { Alert } from '@/api/types';
import { hresultText, isHresult, reasonText, signalText } from '@/i18n/codes';
import type { Format } from '@/util/format';

/** What happened, in one sentence. */
export function headline(t: TFunction, { cause }: Pick<Alert, 'cause'>): string {
  switch (cause.kind) {
    case 'update_failed':
      return t('alerts.headline.update_failed', { title: cause.title });
    case 'scan_failing':
      return t(
        cause.never_succeeded ? 'alerts.headline.scan_never' : 'alerts.headline.scan_failing',
      );
    case 'restart_overdue':
      return t('alerts.headline.restart_overdue');
    case 'rollout_stopped':
      return t('alerts.headline.rollout_stopped', {
        title: cause.title,
        count: cause.failed_devices,
      });
    case 'update_overdue':
      return t('alerts.headline.update_overdue', { count: cause.updates });
  }
}

export interface Detail {
  text: string;
  /** What to do about it, for the hint. */
  remedy?: string;
  /** Codes to search for. */
  codes: string[];
}

/** Why, as far as it is known. */
export function detail(t: TFunction, format: Format, { cause }: Pick<Alert, 'cause'>): Detail {
  switch (cause.kind) {
    case 'update_failed':
      return updateFailure(t, cause);
    case 'scan_failing': {
      const code = cause.error_detail ?? null;
      if (code !== null && isHresult(code)) return explained(hresultText(t, code), code);
      const reason = cause.reason_code ?? null;
      if (reason === null) return { text: t('alerts.detail.never_scanned'), codes: [] };
      return explained(reasonText(t, reason), code);
    }
    case 'restart_overdue':
      return { text: cause.signals.map((name) => signalText(t, name)).join(' · '), codes: [] };
    case 'rollout_stopped':
      return {
        text: t('alerts.detail.rollout_stopped', { ring: cause.ring }),
        codes: cause.kb ? [cause.kb] : [],
      };
    case 'update_overdue': {
      const more = cause.updates - cause.titles.length;
      const names =
        more > 0 ? [...cause.titles, t('alerts.detail.more', { count: more })] : cause.titles;
      return { text: format.list(names), codes: [] };
    }
  }
}

type UpdateFailure = Extract<Alert['cause'], { kind: 'update_failed' }>;

function updateFailure(t: TFunction, cause: UpdateFailure): Detail {
  const { hresult, reason_code, exit_code, kb } = cause;
  const article = kb ? [kb] : [];
  if (hresult && Number(hresult) !== 0) {
    const found = explained(hresultText(t, hresult), hresult);
    return { ...found, codes: [...article, ...found.codes] };
  }
  const exit = exit_code ? [t('alerts.detail.exit_code', { code: exit_code })] : [];
  if (reason_code) {
    return { ...explained(reasonText(t, reason_code), null), codes: [...article, ...exit] };
  }
  return { text: t('alerts.detail.no_reason'), codes: [...article, ...exit] };
}

function explained(
  { title, remedy, name }: { title: string; remedy: string; name?: string },
  code: string | null,
): Detail {
  return { text: title, remedy, codes: [code, name].filter((one) => one != null) };
}
