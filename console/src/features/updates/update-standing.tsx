import { Link } from '@tanstack/react-router';
import type { Update } from '@/api/types';
import { Card } from '@/components/page';
import { updateStateText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import type { DeviceState } from './update-search';
import classes from './update-standing.module.css';
import { toneOf, UpdateStateBadge } from './update-state-badge';

type Counts = Update['devices'];
type Part = Exclude<keyof Counts, 'lacking'>;

/** What needs somebody comes first, what is done last. */
const parts = [
  'failed',
  'waiting',
  'unconfirmed',
  'restart_pending',
  'installed',
  'superseded',
] as const satisfies readonly Part[];

/** The state whose icon and colour a part has. */
const stateOf = (part: Part) => (part === 'waiting' ? 'offered' : part);

interface UpdateStandingProps {
  counts: Counts;
  /** What the list of devices below is narrowed to. */
  chosen: DeviceState | undefined;
}

/** How far the update has got, as a bar and in numbers that lead to their devices. */
export function UpdateStanding({ counts, chosen }: UpdateStandingProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const total = parts.reduce((sum, part) => sum + counts[part], 0);
  const shown = parts.filter((part) => counts[part] > 0);
  return (
    <Card title={t('updates.standing_title')}>
      <p className={classes.total}>{t('updates.offered_on', { count: total })}</p>
      <div className={classes.bar} aria-hidden>
        {shown.map((part) => (
          <span key={part} data-tone={toneOf(stateOf(part))} style={{ flexGrow: counts[part] }} />
        ))}
      </div>
      <ul className={classes.parts}>
        {shown.map((part) => (
          <li key={part}>
            <Link
              to="."
              search={(previous) => ({
                ...previous,
                cursor: undefined,
                state: chosen === part ? undefined : part,
              })}
              className={classes.part}
              aria-current={chosen === part || undefined}
              resetScroll={false}
            >
              <span className={classes.name}>
                <UpdateStateBadge
                  state={stateOf(part)}
                  name={part === 'waiting' ? t('updates.groups.waiting') : undefined}
                />
                <span className={classes.meaning}>
                  {part === 'waiting'
                    ? t('updates.waiting_meaning')
                    : updateStateText(t, part).meaning}
                </span>
              </span>
              <strong>{format.number(counts[part])}</strong>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
