import { Link } from '@tanstack/react-router';
import type { MaintenanceWindow } from '@/api/types';
import { Card } from '@/components/page';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { blocksOf, type DayBlock } from './week-blocks';
import classes from './week-overview.module.css';
import { clockText, weekdays } from './week-shape';
import { actionsText, windowSentence } from './window-words';

const marks = [0, 3, 6, 9, 12, 15, 18, 21] as const;

/** Every weekly window of a tenant over seven days, each on its own clock. */
export function WeekOverview({ windows }: { windows: readonly MaintenanceWindow[] }) {
  const { t } = useTranslation();
  const days = blocksOf(windows);
  return (
    <Card title={t('maintenance.week.title')}>
      <div className={classes.scroll}>
        <div className={classes.hours} aria-hidden>
          {marks.map((hour) => (
            <span key={hour}>{clockText(hour * 60)}</span>
          ))}
        </div>
        <ul className={classes.days} aria-label={t('maintenance.week.label')}>
          {weekdays.map((day, index) => {
            const { lanes, blocks } = days[index] ?? { lanes: 0, blocks: [] };
            return (
              <li key={day} className={classes.day}>
                <span className={classes.name}>
                  <span aria-hidden>{t(`maintenance.days.short.${day}`)}</span>
                  <span className="visually-hidden">{t(`maintenance.days.name.${day}`)}</span>
                </span>
                <div className={classes.lanes} style={{ height: Math.max(1, lanes) * 24 + 8 }}>
                  {blocks.length === 0 && (
                    <span className="visually-hidden">{t('maintenance.week.nothing')}</span>
                  )}
                  {blocks.map((block) => (
                    <Block key={`${block.window.id} ${block.from}`} block={block} />
                  ))}
                </div>
              </li>
            );
          })}
        </ul>
      </div>
      <p className={classes.note}>{t('maintenance.week.note')}</p>
    </Card>
  );
}

function Block({ block }: { block: DayBlock }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { window, from, to, lane } = block;
  const left = (from / 1440) * 100;
  return (
    <Link
      to="/maintenance/windows/$windowId"
      params={{ windowId: window.id }}
      className={classes.block}
      data-off={!window.enabled || undefined}
      data-backup={window.definition.actions.every((action) => action === 'backup') || undefined}
      data-hint={[
        window.name,
        windowSentence(t, format, window.definition),
        actionsText(t, format, window.definition.actions),
      ].join('\n')}
      aria-label={t('maintenance.week.block', {
        name: window.name,
        from: clockText(from),
        to: clockText(to),
      })}
      style={{ left: `${left}%`, width: `${((to - from) / 1440) * 100}%`, top: lane * 24 + 4 }}
    >
      {window.name}
    </Link>
  );
}
