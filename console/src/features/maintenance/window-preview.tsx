import { useDebouncedValue } from '@mantine/hooks';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { toApiError } from '@/api/problem';
import type {
  LocalSpan,
  NewMaintenanceWindow,
  WindowPreview as Preview,
  WindowPreviewRequest,
} from '@/api/types';
import { LoadingBlock } from '@/components/loading-block';
import { Card } from '@/components/page';
import { ProblemNote } from '@/components/problem-note';
import { deviceProblem, groupProblem } from '@/features/policies/policy-rules';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { changesWithin, offsetOf, spanText } from './local-span';
import { windowPreviewQuery } from './maintenance';
import classes from './maintenance.module.css';
import { isDefinitionSound, type WindowDraft } from './window-rules';
import { validityText, windowSentence } from './window-words';

interface WindowPreviewProps {
  draft: WindowDraft;
  /** What saving would make. */
  made: readonly NewMaintenanceWindow[];
  /** The window that is changed. */
  changed: string | null;
}

/** When the window would open, kept up with the form. Nothing is saved by it. */
export function WindowPreview({ draft, made, changed }: WindowPreviewProps) {
  const { t } = useTranslation();
  const sound = isDefinitionSound(draft);
  const placed = groupProblem(draft) === null && deviceProblem(draft) === null;
  return (
    <aside className={classes.preview} aria-label={t('maintenance.preview.title')}>
      {sound ? (
        made.map((window, index) => (
          <Openings
            // The windows that a painting makes have no other identity yet.
            key={String(index)}
            window={window}
            placed={placed}
            changed={changed}
          />
        ))
      ) : (
        <Card title={t('maintenance.preview.title')}>
          <p className={classes.hint}>{t('maintenance.preview.incomplete')}</p>
        </Card>
      )}
    </aside>
  );
}

const pause = 300;
const listed = 8;

interface OpeningsProps {
  window: NewMaintenanceWindow;
  /** Whether it is said whose it is. */
  placed: boolean;
  changed: string | null;
}

function Openings({ window, placed, changed }: OpeningsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { tenant_id, group_id, device_id, enabled, definition } = window;
  const body: WindowPreviewRequest = {
    tenant_id,
    definition,
    count: listed,
    ...(placed ? { group_id, device_id, window_id: changed } : {}),
  };
  const text = JSON.stringify(body);
  const [settled] = useDebouncedValue(text, pause);
  const asked: WindowPreviewRequest = JSON.parse(settled);
  const query = useQuery(windowPreviewQuery(asked));
  // What was last shown stays while the form says something that is refused.
  const last = useRef<Preview | null>(null);
  useEffect(() => {
    if (query.data) last.current = query.data;
  }, [query.data]);
  const shown = query.data ?? last.current;
  const behind = text !== settled || query.isPlaceholderData;
  const refused = query.error && toApiError(query.error).code !== 'validation_failed';
  return (
    <Card title={t('maintenance.preview.title')}>
      <p className={classes.sentence} aria-live="polite">
        {windowSentence(t, format, definition)}
        {validityText(t, format, definition) && `; ${validityText(t, format, definition)}`}
      </p>
      {refused && <ProblemNote error={query.error} title={t('maintenance.preview.failed')} />}
      {!shown && !refused && <LoadingBlock height={180} mt={10} />}
      {shown && (
        <div className={behind ? classes.stale : undefined} aria-busy={behind}>
          {placed && enabled && <Overlaps overlaps={shown.overlaps} />}
          <SpanList spans={shown.items} empty={t('maintenance.preview.none')} />
          <p className={classes.hint}>
            {t(
              definition.time_zone ? 'maintenance.preview.zone' : 'maintenance.preview.zone_tenant',
              {
                zone: shown.time_zone.replaceAll('_', ' '),
              },
            )}
          </p>
        </div>
      )}
    </Card>
  );
}

/** Names the windows that allow the same work at the same time. */
function Overlaps({ overlaps }: Pick<Preview, 'overlaps'>) {
  const { t } = useTranslation();
  const format = useFormat();
  if (overlaps.length === 0) return null;
  return (
    <div className={classes.overlap} role="status">
      <IconAlertTriangle size={18} aria-hidden />
      <div>
        <strong>{t('maintenance.overlap.title')}</strong>
        <div>
          {t('maintenance.overlap.body', {
            names: format.list(overlaps.map(({ name }) => t('maintenance.why.name', { name }))),
          })}
        </div>
      </div>
    </div>
  );
}

interface SpanListProps {
  spans: readonly LocalSpan[];
  empty: string;
  text?: typeof spanText;
}

/** Spans with their local times and the offset from UTC; a change of the clocks is said. */
export function SpanList({ spans, empty, text = spanText }: SpanListProps) {
  const { t } = useTranslation();
  const format = useFormat();
  if (spans.length === 0) return <p className={classes.hint}>{empty}</p>;
  return (
    <ol className={classes.spans}>
      {spans.map((span, index) => {
        const offset = offsetOf(span.local_starts_at);
        const previous = spans[index - 1];
        const before = previous ? offsetOf(previous.local_starts_at) : offset;
        return (
          <li key={span.starts_at}>
            {before !== offset && (
              <span className={classes.clocks}>
                {t('maintenance.preview.changes', { before, after: offset })}
              </span>
            )}
            <span>{text(t, format, span)}</span>
            <span className={classes.offset}>{offset}</span>
            {changesWithin(span) && (
              <span className={classes.clocks}>{t('maintenance.preview.changes_within')}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
