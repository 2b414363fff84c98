import { TextInput } from '@mantine/core';
import { clockMoved, clockTyped } from './clock';

interface ClockFieldProps {
  label: string;
  value: string;
  error: string | null;
  onChange: (time: string) => void;
}

const stepMinutes = 15;

/**
 * A time of day that reads 22:00 everywhere. The browser's own field speaks the browser's language,
 * and says 10:00 PM beside a page that says 22:00.
 */
export function ClockField({ label, value, error, onChange }: ClockFieldProps) {
  return (
    <TextInput
      label={label}
      value={value}
      error={error}
      placeholder="22:00"
      maxLength={5}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => onChange(event.currentTarget.value)}
      onBlur={() => {
        const time = clockTyped(value);
        if (time !== null && time !== value) onChange(time);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
        const time = clockMoved(value, event.key === 'ArrowUp' ? stepMinutes : -stepMinutes);
        if (time === null) return;
        event.preventDefault();
        onChange(time);
      }}
    />
  );
}
