export type CsvCell = string | number | null;

/** Spreadsheets run cells that begin like a formula, so such text gets an apostrophe in front. */
function defuse(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function encodeCell(cell: CsvCell, separator: string): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = defuse(cell);
  return text.includes(separator) || /["\r\n]/.test(text)
    ? `"${text.replaceAll('"', '""')}"`
    : text;
}

/** RFC 4180 lines, with a byte order mark because spreadsheets otherwise guess the encoding. */
export function encodeCsv(rows: readonly (readonly CsvCell[])[], separator: string): string {
  const lines = rows.map((row) => row.map((cell) => encodeCell(cell, separator)).join(separator));
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}

export function downloadText(fileName: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(address);
}
