/** A flat query string: every value is text, so an address reads as it was typed. */
export type QueryValues = Record<string, string>;

export function parseQueryString(queryString: string): QueryValues {
  return Object.fromEntries(new URLSearchParams(queryString));
}

export function encodeQueryString(values: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (typeof value === 'string' && value !== '') parameters.set(key, value);
  }
  // Commas and colons are legal in a query; escaped they only make addresses unreadable.
  const text = parameters.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return text === '' ? '' : `?${text}`;
}

export function textIn(values: Record<string, unknown>, key: string): string | undefined {
  const value = values[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function oneOf<Choice extends string>(
  values: Record<string, unknown>,
  key: string,
  choices: readonly Choice[],
): Choice | undefined {
  return choices.find((choice) => choice === values[key]);
}

/** A sort is a column, with a minus sign in front when descending. */
export function sortIn<Column extends string>(
  values: Record<string, unknown>,
  columns: readonly Column[],
): Sort<Column> | undefined {
  const text = textIn(values, 'sort');
  const column = columns.find((name) => name === text || `-${name}` === text);
  if (!text || !column) return undefined;
  return text.startsWith('-') ? `-${column}` : column;
}

export type Sort<Column extends string = string> = Column | `-${Column}`;

export function isDescending(sort: string): boolean {
  return sort.startsWith('-');
}

export function sortColumn(sort: string): string {
  return sort.replace(/^-/, '');
}

export const everythingSelected = 'all';

export type Selection =
  | { type: 'none' }
  | { type: 'chosen'; ids: ReadonlySet<string> }
  | { type: 'matching' };

export function decodeSelection(text: string | undefined): Selection {
  if (!text) return { type: 'none' };
  if (text === everythingSelected) return { type: 'matching' };
  return { type: 'chosen', ids: new Set(text.split(',').filter((id) => id !== '')) };
}

export function encodeSelection(selection: Selection): string | undefined {
  if (selection.type === 'none') return undefined;
  if (selection.type === 'matching') return everythingSelected;
  return selection.ids.size === 0 ? undefined : [...selection.ids].join(',');
}
