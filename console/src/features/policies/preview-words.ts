import type { TFunction } from 'i18next';
import type { PolicyCounts, PolicyPreview } from '@/api/types';

/** Installed some day without anybody's doing. */
export function laterOf(counts: PolicyCounts): number {
  return counts.deferred + counts.waiting;
}

/** “On 12 devices: 34 updates in the next maintenance window (today 0) · 8 later · 3 blocked”. */
export function previewHeadline(t: TFunction, preview: PolicyPreview) {
  const { before, after, devices_in_scope: devices } = preview;
  const rest = [
    laterOf(after) > 0 ? t('policies.preview.later', { count: laterOf(after) }) : null,
    after.stopped > 0 ? t('policies.preview.stopped', { count: after.stopped }) : null,
    after.blocked > 0 ? t('policies.preview.blocked', { count: after.blocked }) : null,
  ].filter((part) => part !== null);
  return {
    on: t('policies.preview.on_devices', { count: devices }),
    due: t('policies.preview.due', { count: after.due }),
    rest: [` ${t('policies.preview.today', { count: before.due })}`, ...rest].join(' · '),
  };
}

/** What becomes of one update, or on one device: the next window first, and what it was before. */
export function countedParts(t: TFunction, before: PolicyCounts, after: PolicyCounts): string {
  const parts = [
    before.due === after.due
      ? after.due > 0 && t('policies.preview.row_due', { count: after.due })
      : t('policies.preview.row_due_changed', { before: before.due, count: after.due }),
    laterOf(after) > 0 && t('policies.preview.later', { count: laterOf(after) }),
    after.stopped > 0 && t('policies.preview.stopped', { count: after.stopped }),
    after.manual > 0 && t('policies.preview.manual', { count: after.manual }),
    after.blocked > 0 && t('policies.preview.blocked', { count: after.blocked }),
  ].filter((part) => part !== false);
  return parts.length === 0 ? t('policies.preview.row_nothing') : parts.join(' · ');
}
