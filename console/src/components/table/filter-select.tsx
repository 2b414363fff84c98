import { NativeSelect } from '@mantine/core';
import classes from './table-tools.module.css';

interface FilterSelectProps<Value extends string> {
  label: string;
  any: string;
  value: Value | undefined;
  options: readonly { value: Value; label: string }[];
  onChange: (value: Value | undefined) => void;
}

export function FilterSelect<Value extends string>(props: FilterSelectProps<Value>) {
  const { label, any, value, options, onChange } = props;
  return (
    <NativeSelect
      className={classes.select}
      aria-label={label}
      value={value ?? ''}
      data-active={value !== undefined}
      data={[{ value: '', label: any }, ...options]}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        onChange(options.find((option) => option.value === chosen)?.value);
      }}
    />
  );
}
