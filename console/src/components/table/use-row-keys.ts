import { type RefObject, useEffect, useRef } from 'react';

export interface RowKeys<Row> {
  rows: readonly Row[];
  onOpen: ((row: Row) => void) | undefined;
  onSelect: ((row: Row) => void) | undefined;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      ['TEXTAREA', 'SELECT'].includes(target.tagName) ||
      (target instanceof HTMLInputElement && target.type !== 'checkbox'))
  );
}

function isDialogOpen(): boolean {
  return document.querySelector('[role="dialog"], [role="menu"]') !== null;
}

/** j and k walk the rows, x selects, Enter opens, / goes to the search field. */
export function useRowKeys<Row>(
  body: RefObject<HTMLTableSectionElement | null>,
  keys: RowKeys<Row>,
  enabled: boolean,
): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    if (!enabled) return;
    const rowElements = () =>
      [...(body.current?.children ?? [])].filter((child) => child instanceof HTMLElement);
    const focused = () =>
      rowElements().findIndex((element) => element.contains(document.activeElement));
    const move = (step: number) => {
      const elements = rowElements();
      const from = focused();
      const first = step > 0 ? 0 : elements.length - 1;
      const to = from === -1 ? first : Math.max(0, Math.min(elements.length - 1, from + step));
      elements[to]?.focus();
      elements[to]?.scrollIntoView({ block: 'nearest' });
    };
    const atFocus = (run: ((row: Row) => void) | undefined) => {
      const row = latest.current.rows[focused()];
      if (row !== undefined) run?.(row);
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || isDialogOpen()) return;
      if (event.key === 'j') move(1);
      else if (event.key === 'k') move(-1);
      else if (event.key === 'x') atFocus(latest.current.onSelect);
      else if (event.key === 'Enter') {
        // On a link or button inside the row, Enter already means that control.
        if (!(event.target instanceof HTMLTableRowElement)) return;
        atFocus(latest.current.onOpen);
      } else if (event.key === '/') {
        document.querySelector<HTMLInputElement>('input[type="search"]')?.focus();
      } else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [body, enabled]);
}
