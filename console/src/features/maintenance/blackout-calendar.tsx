import { ActionIcon, Group } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { Blackout } from '@/api/types';
import { Card } from '@/components/page';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import classes from './blackout-calendar.module.css';
import { datesOf } from './blackout-rules';
import { weekdays } from './week-shape';

const shownMonths = 6;
const furthest = 12;

/** The coming months with the days of blackouts shaded; what a day is about is its hint. */
export function BlackoutCalendar({ blackouts }: { blackouts: readonly Blackout[] }) {
  const { t } = useTranslation();
  const [first, setFirst] = useState(0);
  const names = new Map<string, string[]>();
  for (const { name, coming } of blackouts) {
    for (const date of new Set(coming.flatMap(datesOf))) {
      names.set(date, [...(names.get(date) ?? []), name]);
    }
  }
  const now = new Date();
  const months = Array.from(
    { length: shownMonths },
    (_, index) => new Date(Date.UTC(now.getFullYear(), now.getMonth() + first + index, 1)),
  );
  const turn = (
    <Group gap={4}>
      <ActionIcon
        variant="default"
        aria-label={t('maintenance.blackouts.earlier')}
        disabled={first === 0}
        onClick={() => setFirst(Math.max(0, first - shownMonths))}
      >
        <IconChevronLeft size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="default"
        aria-label={t('maintenance.blackouts.later')}
        disabled={first + shownMonths >= furthest}
        onClick={() => setFirst(first + shownMonths)}
      >
        <IconChevronRight size={16} aria-hidden />
      </ActionIcon>
    </Group>
  );
  return (
    <Card title={t('maintenance.blackouts.calendar')} actions={turn}>
      <div className={classes.months}>
        {months.map((month) => (
          <Month key={month.toISOString()} month={month} names={names} />
        ))}
      </div>
    </Card>
  );
}

interface MonthProps {
  month: Date;
  /** The blackouts of each date. */
  names: ReadonlyMap<string, string[]>;
}

function Month({ month, names }: MonthProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const length = new Date(
    Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 0),
  ).getUTCDate();
  const before = (month.getUTCDay() + 6) % 7;
  const dates = Array.from({ length }, (_, index) =>
    new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth(), index + 1))
      .toISOString()
      .slice(0, 10),
  );
  const slots = [...Array.from({ length: before }, () => null), ...dates];
  const weeks = Array.from({ length: Math.ceil(slots.length / 7) }, (_, index) =>
    Array.from({ length: 7 }, (_day, day) => slots[index * 7 + day] ?? null),
  );
  const title = format.month(month.toISOString());
  return (
    <table className={classes.month}>
      <caption>{title}</caption>
      <thead>
        <tr>
          {weekdays.map((day) => (
            <th key={day} scope="col">
              <span aria-hidden>{t(`maintenance.days.short.${day}`)}</span>
              <span className="visually-hidden">{t(`maintenance.days.name.${day}`)}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week, row) => (
          <tr key={week.find((date) => date !== null) ?? row}>
            {week.map((date, column) => (
              <Day key={date ?? `empty ${column}`} date={date} names={names} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Day({ date, names }: { date: string | null; names: MonthProps['names'] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (date === null) return <td />;
  const here = names.get(date);
  const today = date === new Date().toISOString().slice(0, 10);
  if (!here) return <td data-today={today || undefined}>{Number(date.slice(8))}</td>;
  const said = t('maintenance.blackouts.day_label', {
    day: format.weekday(date),
    names: format.list(here),
  });
  return (
    <td data-out data-today={today || undefined} data-hint={said}>
      <span aria-hidden>{Number(date.slice(8))}</span>
      <span className="visually-hidden">{said}</span>
    </td>
  );
}
