import { Button, Group, SegmentedControl } from '@mantine/core';
import { IconArrowBackUp, IconEraser } from '@tabler/icons-react';
import { type KeyboardEvent, memo, type PointerEvent, useId, useRef, useState } from 'react';
import type { Weekday } from '@/api/types';
import { useTranslation } from '@/i18n/use-translation';
import classes from './week-grid.module.css';
import {
  type Cell,
  clockText,
  type RowKind,
  type Slots,
  slotIn,
  slotMinutes,
  slotsPerDay,
  weekdays,
  withBlock,
} from './week-shape';

interface WeekGridProps {
  slots: Slots;
  rows: RowKind;
  /** Who may only look paints nothing. */
  readOnly: boolean;
  /** On which days the window opens. */
  days: readonly Weekday[];
  onRows: (rows: RowKind) => void;
  /** What is painted now, and the cell that was painted last; `null` where something was cleared. */
  onPaint: (slots: Set<number>, last: number | null) => void;
  onDay: (day: Weekday) => void;
  onUndo: (() => void) | null;
}

interface Stroke {
  from: Cell;
  to: Cell;
  paint: boolean;
}

const columns = Array.from({ length: slotsPerDay }, (_, column) => column);
const hours = Array.from({ length: 24 }, (_, hour) => hour);

function cellOf(element: Element | null): Cell | null {
  if (!(element instanceof HTMLElement)) return null;
  const { row, column } = element.dataset;
  return row === undefined || column === undefined
    ? null
    : { row: Number(row), column: Number(column) };
}

function moved({ row, column }: Cell, key: string): Cell | null {
  const steps: Record<string, [number, number]> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    Home: [0, -slotsPerDay],
    End: [0, slotsPerDay],
  };
  const step = steps[key];
  if (!step) return null;
  return {
    row: Math.min(6, Math.max(0, row + step[0])),
    column: Math.min(slotsPerDay - 1, Math.max(0, column + step[1])),
  };
}

/** A week to paint: with the pointer, with a finger, or with the keyboard. */
export function WeekGrid(props: WeekGridProps) {
  const { slots, rows, readOnly, days, onRows, onPaint, onDay, onUndo } = props;
  const { t } = useTranslation();
  const hint = useId();
  const grid = useRef<HTMLTableElement>(null);
  const [stroke, setStroke] = useState<Stroke | null>(null);
  const [focus, setFocus] = useState<Cell>({ row: 0, column: rows === 'night' ? 20 : 16 });
  /** Where a block that is extended by keyboard began. */
  const anchor = useRef<Cell | null>(null);
  const shown = stroke ? withBlock(slots, rows, stroke.from, stroke.to, stroke.paint) : slots;
  const isOn = ({ row, column }: Cell) => slots.has(slotIn(rows, row, column));
  const finish = ({ from, to, paint }: Stroke) =>
    onPaint(
      withBlock(slots, rows, from, to, paint),
      paint ? slotIn(rows, from.row, from.column) : null,
    );

  const onPointerDown = (event: PointerEvent<HTMLTableElement>) => {
    const cell = event.button === 0 && !readOnly ? cellOf(event.target as Element) : null;
    if (!cell) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setFocus(cell);
    anchor.current = null;
    setStroke({ from: cell, to: cell, paint: !isOn(cell) });
  };
  const onPointerMove = (event: PointerEvent<HTMLTableElement>) => {
    if (!stroke) return;
    const cell = cellOf(document.elementFromPoint(event.clientX, event.clientY));
    if (cell && (cell.row !== stroke.to.row || cell.column !== stroke.to.column)) {
      setStroke({ ...stroke, to: cell });
    }
  };
  const onPointerUp = () => {
    if (!stroke) return;
    setStroke(null);
    finish(stroke);
  };
  const go = (cell: Cell) => {
    setFocus(cell);
    const selector = `[data-row="${cell.row}"][data-column="${cell.column}"]`;
    grid.current?.querySelector<HTMLElement>(selector)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTableElement>) => {
    const cell = cellOf(event.target as Element);
    if (!cell) return;
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault();
      if (readOnly) return;
      anchor.current = cell;
      finish({ from: cell, to: cell, paint: !isOn(cell) });
      return;
    }
    const next = moved(cell, event.key);
    if (!next) return;
    event.preventDefault();
    if (event.shiftKey && !readOnly) {
      anchor.current ??= cell;
      finish({ from: anchor.current, to: next, paint: true });
    } else {
      anchor.current = null;
    }
    go(next);
  };

  return (
    <div className={classes.frame}>
      <Group justify="space-between" gap="xs" mb={8}>
        <SegmentedControl
          size="xs"
          aria-label={t('maintenance.grid.rows')}
          value={rows}
          data={[
            { value: 'night', label: t('maintenance.grid.night') },
            { value: 'day', label: t('maintenance.grid.day') },
          ]}
          onChange={(value) => onRows(value === 'night' ? 'night' : 'day')}
        />
        {!readOnly && (
          <Group gap={6}>
            <Button
              variant="default"
              size="compact-xs"
              leftSection={<IconArrowBackUp size={14} aria-hidden />}
              disabled={onUndo === null}
              onClick={() => onUndo?.()}
            >
              {t('maintenance.grid.undo')}
            </Button>
            <Button
              variant="default"
              size="compact-xs"
              leftSection={<IconEraser size={14} aria-hidden />}
              disabled={slots.size === 0}
              onClick={() => onPaint(new Set(), null)}
            >
              {t('maintenance.grid.clear')}
            </Button>
          </Group>
        )}
      </Group>
      <div className={classes.scroll}>
        <table
          ref={grid}
          className={classes.grid}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its cells take the focus.
          role="grid"
          aria-label={t('maintenance.grid.label')}
          aria-describedby={hint}
          aria-multiselectable
          aria-readonly={readOnly || undefined}
          tabIndex={-1}
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
          onPointerCancel={() => setStroke(null)}
          onKeyDown={onKeyDown}
        >
          <thead>
            <HourHeader rows={rows} />
          </thead>
          <tbody>
            {weekdays.map((day, row) => (
              <GridRow
                key={day}
                row={row}
                rows={rows}
                day={day}
                chosen={days.includes(day)}
                painted={columns.map((column) => shown.has(slotIn(rows, row, column))).join()}
                focused={focus.row === row ? focus.column : null}
                onDay={onDay}
              />
            ))}
          </tbody>
        </table>
      </div>
      <p id={hint} className={classes.hint}>
        {t('maintenance.grid.hint')}
      </p>
    </div>
  );
}

function HourHeader({ rows }: { rows: RowKind }) {
  const { t } = useTranslation();
  return (
    <tr>
      <th scope="col" className={classes.corner}>
        <span className="visually-hidden">{t('maintenance.weekday_label')}</span>
      </th>
      {hours.map((hour) => {
        const shown = rows === 'night' ? (hour + 12) % 24 : hour;
        return (
          <th key={hour} scope="col" colSpan={2} className={classes.hour}>
            <span className={hour % 2 === 0 ? undefined : 'visually-hidden'}>{shown}</span>
          </th>
        );
      })}
    </tr>
  );
}

interface GridRowProps {
  row: number;
  rows: RowKind;
  day: Weekday;
  chosen: boolean;
  /** Whether each half hour is painted, as one value that is cheap to compare. */
  painted: string;
  focused: number | null;
  onDay: (day: Weekday) => void;
}

const GridRow = memo(function GridRow(props: GridRowProps) {
  const { row, rows, day, chosen, painted, focused, onDay } = props;
  const { t } = useTranslation();
  const on = painted.split(',');
  const next = weekdays[(row + 1) % 7] ?? day;
  const name = t(`maintenance.days.name.${day}`);
  return (
    <tr>
      <th scope="row" className={classes.day}>
        <button
          type="button"
          className={classes.dayButton}
          aria-pressed={chosen}
          aria-label={t(chosen ? 'maintenance.grid.day_remove' : 'maintenance.grid.day_add', {
            day: name,
          })}
          onClick={() => onDay(day)}
        >
          {t(`maintenance.days.short.${day}`)}
          {rows === 'night' && (
            <small aria-hidden>{`–${t(`maintenance.days.short.${next}`)}`}</small>
          )}
        </button>
      </th>
      {columns.map((column) => {
        const slot = slotIn(rows, row, column);
        const minutes = (slot % slotsPerDay) * slotMinutes;
        const cellDay = weekdays[Math.floor(slot / slotsPerDay)] ?? day;
        return (
          <td
            key={column}
            // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a cell of a grid.
            role="gridcell"
            className={classes.cell}
            aria-selected={on[column] === 'true'}
            aria-label={t('maintenance.grid.cell', {
              day: t(`maintenance.days.name.${cellDay}`),
              from: clockText(minutes),
              to: clockText(minutes + slotMinutes),
            })}
            tabIndex={focused === column ? 0 : -1}
            data-row={row}
            data-column={column}
          />
        );
      })}
    </tr>
  );
});
