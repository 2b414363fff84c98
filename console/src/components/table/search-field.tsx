import { CloseButton, Kbd, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from '@/i18n/use-translation';
import classes from './table-tools.module.css';

const pause = 250;

interface SearchFieldProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** Types freely; the address and the list follow after a short pause. */
export function SearchField({ label, value, onChange }: SearchFieldProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(value ?? '');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const sent = useRef(value);

  useEffect(() => {
    // Only a change that came from elsewhere, such as the back button, replaces what is typed.
    if (value !== sent.current) setText(value ?? '');
    sent.current = value;
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const send = (next: string, wait: number) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const trimmed = next.trim();
      sent.current = trimmed === '' ? undefined : trimmed;
      onChange(sent.current);
    }, wait);
  };
  const clearButton = (
    <CloseButton size="sm" aria-label={t('common.clear')} onClick={() => send('', 0)} />
  );
  return (
    <TextInput
      className={classes.search}
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={15} aria-hidden />}
      rightSection={text === '' ? <Kbd size="xs">{'/'}</Kbd> : clearButton}
      value={text}
      onChange={(event) => send(event.currentTarget.value, pause)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}
