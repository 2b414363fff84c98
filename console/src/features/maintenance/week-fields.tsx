import { Button, Group, Stack } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import classes from './maintenance.module.css';
import { WeekGrid } from './week-grid';
import { rowsFor, type Shape, shapeAt, weekdays } from './week-shape';
import {
  dayToggled,
  fieldsOf,
  openDays,
  paintedChange,
  shapeOf,
  shapesOfDraft,
  slotsOfDraft,
  type WindowDraft,
} from './window-rules';
import { shapeSentence } from './window-words';

interface WeekFieldsProps {
  draft: WindowDraft;
  readOnly: boolean;
  error: string | null;
  onChange: (change: Partial<WindowDraft>) => void;
}

const mostUndone = 30;

type Painted = Pick<WindowDraft, 'days' | 'start' | 'duration' | 'painted'>;

/** The days of a weekly window: painted, or chosen one by one. */
export function WeekFields({ draft, readOnly, error, onChange }: WeekFieldsProps) {
  const { t } = useTranslation();
  const shape = shapeOf(draft);
  const [rows, setRows] = useState(() => (shape ? rowsFor(shape) : 'night'));
  const [before, setBefore] = useState<Painted[]>([]);
  const [last, setLast] = useState<Shape | null>(null);
  const slots = slotsOfDraft(draft);
  const days = openDays(draft);
  const step = (change: Partial<WindowDraft>) => {
    const { days: chosen, start, duration, painted } = draft;
    setBefore([...before, { days: chosen, start, duration, painted }].slice(-mostUndone));
    onChange(change);
  };
  const undo = () => {
    const previous = before.at(-1);
    if (!previous) return;
    setBefore(before.slice(0, -1));
    onChange(previous);
  };
  return (
    <Stack gap="sm">
      <WeekGrid
        slots={slots}
        rows={rows}
        readOnly={readOnly}
        days={days}
        onRows={setRows}
        onPaint={(painted, at) => {
          setLast(at === null ? last : shapeAt(painted, at));
          step(paintedChange(painted));
        }}
        onDay={(day) => step(dayToggled(draft, day))}
        onUndo={before.length > 0 ? undo : null}
      />
      {draft.painted && (
        <SplitNote
          shapes={shapesOfDraft(draft)}
          last={last}
          onSame={(shape) => step(fieldsOf({ ...shape, days }))}
        />
      )}
      <fieldset
        className={classes.days}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? 'window-days-error' : undefined}
      >
        <legend>{t('maintenance.days_label')}</legend>
        {weekdays.map((day) => (
          <label key={day} className={classes.dayChoice}>
            <input
              type="checkbox"
              checked={days.includes(day)}
              onChange={() => step(dayToggled(draft, day))}
            />
            {t(`maintenance.days.name.${day}`)}
          </label>
        ))}
        {error && (
          <p id="window-days-error" className={classes.error}>
            {error}
          </p>
        )}
      </fieldset>
    </Stack>
  );
}

interface SplitNoteProps {
  shapes: readonly Shape[];
  last: Shape | null;
  onSame: (shape: Shape) => void;
}

/** What is painted needs more than one window: which, and the ways out. */
function SplitNote({ shapes, last, onSame }: SplitNoteProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div className={classes.split} role="status">
      <IconInfoCircle size={18} aria-hidden />
      <div>
        {t('maintenance.grid.split', { count: shapes.length })}
        <ul className={classes.shapes}>
          {shapes.map((shape) => (
            <li key={`${shape.start} ${shape.duration}`}>{shapeSentence(t, format, shape)}</li>
          ))}
        </ul>
        <Group gap="xs" mt={8} align="center">
          <span>{t('maintenance.grid.split_saves')}</span>
          {last && (
            <Button variant="default" size="compact-xs" onClick={() => onSame(last)}>
              {t('maintenance.grid.same')}
            </Button>
          )}
        </Group>
      </div>
    </div>
  );
}
