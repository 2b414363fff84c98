import { expect, it } from 'vitest';
import { encodeCsv } from './csv';

it('quotes what would break a line and doubles quotes', () => {
  expect(encodeCsv([['a;b', 'say "hi"', 'two\nlines']], ';')).toBe(
    '\uFEFF"a;b";"say ""hi""";"two\nlines"\r\n',
  );
});

it('leaves the unknown empty and never writes it as zero', () => {
  expect(encodeCsv([['PC-1', null, 0]], ',')).toBe('\uFEFFPC-1,,0\r\n');
});

it('defuses text that a spreadsheet would run as a formula', () => {
  expect(encodeCsv([['=1+1', '@name']], ',')).toBe("\uFEFF'=1+1,'@name\r\n");
});
