/** Every date, number, size and age on screen goes through here, in the language of the console. */
export interface Format {
  number: (value: number) => string;
  bytes: (value: number) => string;
  date: (at: string) => string;
  /** Without the year, for days that are near. */
  day: (at: string) => string;
  /** A day of any year, its month written out; of a local date. */
  dayOfYear: (local: string) => string;
  /** Names, joined as a sentence joins them. */
  list: (names: readonly string[]) => string;
  dateTime: (at: string, timeZone?: string) => string;
  time: (at: string | number) => string;
  /** The time of the clock alone, where the day goes without saying. */
  soon: (at: string, now: number) => string;
  relative: (at: string, now: number) => string;
  duration: (milliseconds: number) => string;
  /** Weekday, day and time of the clock, in a zone or as a local time with its offset says it. */
  moment: (at: string, timeZone?: string) => string;
  /** Weekday and time of the clock, as a local time with its offset says them. */
  weekdayTime: (local: string) => string;
  /** Weekday and day, as a local time with its offset says them. */
  weekday: (local: string) => string;
  /** The same with the year. */
  weekdayOfYear: (local: string) => string;
  month: (local: string) => string;
  /** What separates fields in CSV, so that spreadsheets of this language split them. */
  csvSeparator: ',' | ';';
}

const byteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const relativeSteps = [
  { unit: 'year', length: 365 * day },
  { unit: 'month', length: 30 * day },
  { unit: 'day', length: day },
  { unit: 'hour', length: hour },
  { unit: 'minute', length: minute },
] as const;

export function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}

let readersZone: string | undefined;

/** Asked once: it is slow to find out, and tables ask hundreds of times. */
export function browserTimeZone(): string {
  readersZone ??= new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return readersZone;
}

function formatBytes(language: string): Format['bytes'] {
  const plain = byteUnits.map(
    (unit) =>
      new Intl.NumberFormat(language, {
        style: 'unit',
        unit,
        unitDisplay: unit === 'byte' ? 'long' : 'short',
        maximumSignificantDigits: 3,
      }),
  );
  return (value) => {
    let step = 0;
    let amount = value;
    // 999.5 would round up to 1,000 of the smaller unit.
    while (Math.abs(amount) >= 999.5 && step < byteUnits.length - 1) {
      amount /= 1_000;
      step += 1;
    }
    return plain[step]?.format(amount) ?? String(value);
  };
}

function formatRelative(language: string): Format['relative'] {
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  return (at, now) => {
    const distance = Date.parse(at) - now;
    for (const { unit, length } of relativeSteps) {
      if (Math.abs(distance) >= length) return words.format(Math.trunc(distance / length), unit);
    }
    return words.format(0, 'second');
  };
}

function formatDuration(language: string): Format['duration'] {
  const part = (unit: 'hour' | 'minute' | 'second' | 'day' | 'millisecond') => {
    const words = new Intl.NumberFormat(language, {
      style: 'unit',
      unit,
      unitDisplay: 'narrow',
      maximumFractionDigits: 0,
    });
    return (value: number) => words.format(Math.floor(value));
  };
  const days = part('day');
  const hours = part('hour');
  const minutes = part('minute');
  const seconds = part('second');
  const thousandths = part('millisecond');
  return (milliseconds) => {
    const length = Math.max(0, milliseconds);
    if (length >= day) return `${days(length / day)} ${hours((length % day) / hour)}`;
    if (length >= hour) return `${hours(length / hour)} ${minutes((length % hour) / minute)}`;
    if (length >= minute)
      return `${minutes(length / minute)} ${seconds((length % minute) / second)}`;
    return length >= second ? seconds(length / second) : thousandths(length);
  };
}

/** The wall clock of a local time, whatever the offset behind it. */
function wallClock(local: string): Date {
  return new Date(`${local.slice(0, 10)}T${local.slice(11, 16) || '00:00'}:00Z`);
}

function formatMoments(
  language: string,
): Pick<Format, 'moment' | 'weekdayTime' | 'weekday' | 'weekdayOfYear' | 'dayOfYear' | 'month'> {
  const day = { weekday: 'short', day: 'numeric', month: 'short' } as const;
  const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const known = new Map<string, Intl.DateTimeFormat>();
  const momentIn = (timeZone: string) => {
    const existing = known.get(timeZone);
    if (existing) return existing;
    const created = new Intl.DateTimeFormat(language, { ...day, ...time, timeZone });
    known.set(timeZone, created);
    return created;
  };
  const weekdayTimes = new Intl.DateTimeFormat(language, {
    weekday: 'short',
    ...time,
    timeZone: 'UTC',
  });
  const weekdays = new Intl.DateTimeFormat(language, { ...day, timeZone: 'UTC' });
  const weekdaysOfYear = new Intl.DateTimeFormat(language, {
    ...day,
    year: 'numeric',
    timeZone: 'UTC',
  });
  const daysOfYear = new Intl.DateTimeFormat(language, {
    day: 'numeric',
    month: 'long',
    timeZone: 'UTC',
  });
  const months = new Intl.DateTimeFormat(language, {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  return {
    moment: (at, timeZone) =>
      timeZone === undefined
        ? momentIn('UTC').format(wallClock(at))
        : momentIn(timeZone).format(new Date(at)),
    weekdayTime: (local) => weekdayTimes.format(wallClock(local)),
    weekday: (local) => weekdays.format(wallClock(local)),
    weekdayOfYear: (local) => weekdaysOfYear.format(wallClock(local)),
    dayOfYear: (local) => daysOfYear.format(wallClock(local)),
    month: (local) => months.format(wallClock(local)),
  };
}

export function createFormat(language: string, timeZone?: string): Format {
  const numbers = new Intl.NumberFormat(language);
  const dates = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone });
  // 22:00 in every language, as windows and logs have it.
  const hourCycle = 'h23';
  const times = new Intl.DateTimeFormat(language, { timeStyle: 'short', hourCycle, timeZone });
  const dateTimes = new Map<string | undefined, Intl.DateTimeFormat>();
  const dateTimeIn = (zone: string | undefined) => {
    const existing = dateTimes.get(zone);
    if (existing) return existing;
    const created = new Intl.DateTimeFormat(language, {
      dateStyle: 'medium',
      timeStyle: 'medium',
      hourCycle,
      timeZone: zone,
    });
    dateTimes.set(zone, created);
    return created;
  };
  const days = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone });
  const lists = new Intl.ListFormat(language, { type: 'conjunction' });
  const decimalComma = new Intl.NumberFormat(language).format(0.5).includes(',');
  return {
    number: (value) => numbers.format(value),
    bytes: formatBytes(language),
    date: (at) => dates.format(new Date(at)),
    day: (at) => days.format(new Date(at)),
    list: (names) => lists.format(names),
    dateTime: (at, zone) => dateTimeIn(zone ?? timeZone).format(new Date(at)),
    time: (at) => times.format(new Date(at)),
    soon: (at, now) => {
      const then = new Date(at);
      const isToday = dates.format(then) === dates.format(new Date(now));
      return isToday ? times.format(then) : dateTimeIn(timeZone).format(then);
    },
    relative: formatRelative(language),
    duration: formatDuration(language),
    ...formatMoments(language),
    csvSeparator: decimalComma ? ';' : ',',
  };
}
