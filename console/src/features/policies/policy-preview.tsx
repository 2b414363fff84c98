import { Tabs } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { toApiError } from '@/api/problem';
import type { NewUpdatePolicy, PolicyCounts, PolicyPreview, ScopeKind } from '@/api/types';
import { LoadingBlock } from '@/components/loading-block';
import { Card } from '@/components/page';
import { ProblemNote } from '@/components/problem-note';
import { useTitle } from '@/features/updates/title';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { policyPreviewQuery } from './policies';
import classes from './policy-form.module.css';
import { countedParts, previewHeadline } from './preview-words';

interface PolicyPreviewPanelProps {
  /** What to ask about; `null` while the form cannot be understood. */
  body: NewUpdatePolicy | null;
  scope: ScopeKind;
}

const pause = 400;

/** What the policy would do, kept up with the form. Nothing is saved by it. */
export function PolicyPreviewPanel({ body, scope }: PolicyPreviewPanelProps) {
  const { t } = useTranslation();
  const text = body && JSON.stringify(body);
  const [settled] = useDebouncedValue(text, pause);
  const asked: NewUpdatePolicy | null = settled === null ? null : JSON.parse(settled);
  const query = useQuery(policyPreviewQuery(asked));
  // What was last shown stays while the form says something that cannot be asked about.
  const last = useRef<PolicyPreview | null>(null);
  useEffect(() => {
    if (query.data) last.current = query.data;
  }, [query.data]);
  const shown = query.data ?? last.current;
  const behind = body === null || text !== settled || query.isPlaceholderData;
  // What the server refuses stands at its field once the form is sent.
  const refused = query.error && toApiError(query.error).code !== 'validation_failed';
  return (
    <aside className={classes.preview} aria-label={t('policies.preview.title')}>
      <Card title={t('policies.preview.title')}>
        {body === null && <p className={classes.hint}>{t('policies.preview.incomplete')}</p>}
        {refused && <ProblemNote error={query.error} title={t('policies.preview.failed')} />}
        {shown && (
          <div className={behind ? classes.stale : undefined} aria-busy={behind && body !== null}>
            <Headline preview={shown} />
            <Counts preview={shown} />
            {(shown.restarts.before > 0 || shown.restarts.after > 0) && (
              <p className={classes.restarts}>
                {t('policies.preview.restarts', {
                  count: shown.restarts.after,
                  before: shown.restarts.before,
                })}
              </p>
            )}
          </div>
        )}
        {!shown && body !== null && !refused && <LoadingBlock height={150} />}
        <p className={classes.hint}>{t('policies.preview.note')}</p>
      </Card>
      {shown && shown.devices_in_scope > 0 && <Items preview={shown} scope={scope} />}
    </aside>
  );
}

function Headline({ preview }: { preview: PolicyPreview }) {
  const { t } = useTranslation();
  const { on, due, rest } = previewHeadline(t, preview);
  return (
    <p className={classes.headline} aria-live="polite">
      {on} <strong>{due}</strong>
      {rest}
    </p>
  );
}

const rows = [
  'due',
  'deferred',
  'waiting',
  'stopped',
  'failed',
  'in_hand',
  'manual',
  'blocked',
] as const satisfies readonly (keyof PolicyCounts)[];

function Counts({ preview }: { preview: PolicyPreview }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { before, after } = preview;
  const shown = rows.filter((row) => before[row] > 0 || after[row] > 0);
  if (shown.length === 0) return null;
  return (
    <table className={classes.counts}>
      <thead>
        <tr>
          <th scope="col">{t('policies.preview.updates')}</th>
          <th scope="col">{t('policies.preview.before')}</th>
          <th scope="col">{t('policies.preview.after')}</th>
        </tr>
      </thead>
      <tbody>
        {shown.map((row) => (
          <tr key={row}>
            <th scope="row">{t(`policies.counts.${row}`)}</th>
            <td>{format.number(before[row])}</td>
            <td data-changed={before[row] !== after[row] || undefined}>
              {format.number(after[row])}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Items({ preview, scope }: { preview: PolicyPreview; scope: ScopeKind }) {
  const { t } = useTranslation();
  const format = useFormat();
  const titleOf = useTitle();
  const [tab, setTab] = useState<string | null>('updates');
  const { updates, devices, updates_total, devices_total } = preview;
  if (updates.length === 0) return null;
  const change = (before: PolicyCounts, after: PolicyCounts) => countedParts(t, before, after);
  return (
    <Card title={t('policies.preview.details')}>
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List aria-label={t('policies.preview.details')}>
          <Tabs.Tab value="updates">{t('updates.by_update')}</Tabs.Tab>
          {scope !== 'device' && <Tabs.Tab value="devices">{t('updates.by_device')}</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="updates">
          <ul className={classes.items}>
            {updates.map((update) => (
              <li key={update.id} className={classes.item}>
                <Link to="/updates/$updateId" params={{ updateId: update.id }}>
                  {titleOf(update)}
                </Link>
                <span className={classes.dim}>
                  {[
                    update.kb ?? update.package,
                    change(update.before, update.after),
                    update.next_at && update.after.deferred > 0
                      ? t('policies.preview.next', { day: format.day(update.next_at) })
                      : null,
                  ]
                    .filter((part) => part && part !== titleOf(update))
                    .join(' · ')}
                </span>
              </li>
            ))}
            {updates_total > updates.length && (
              <li className={classes.item}>
                {t('policies.preview.more_updates', { count: updates_total - updates.length })}
              </li>
            )}
          </ul>
        </Tabs.Panel>
        <Tabs.Panel value="devices">
          <ul className={classes.items}>
            {devices.map((device) => (
              <li key={device.id} className={classes.item}>
                <Link
                  to="/devices/$deviceId"
                  params={{ deviceId: device.id }}
                  search={{ tab: 'updates' }}
                >
                  {device.hostname}
                </Link>
                <span className={classes.dim}>{change(device.before, device.after)}</span>
              </li>
            ))}
            {devices_total > devices.length && (
              <li className={classes.item}>
                {t('policies.preview.more_devices', { count: devices_total - devices.length })}
              </li>
            )}
          </ul>
        </Tabs.Panel>
      </Tabs>
    </Card>
  );
}
