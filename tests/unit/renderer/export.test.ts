import { expect, test } from 'vitest';
import { csvCell } from '../../../renderer/screens/journal/export.ts';

test('a cell that a spreadsheet would run as a formula is made text', () => {
  expect(csvCell('=HYPERLINK("http://x","y")')).toBe(`"'=HYPERLINK(""http://x"",""y"")"`);
  for (const start of ['+', '-', '@', '\t', '\r'])
    expect(csvCell(`${start}1`).replace(/^"/, '').startsWith("'")).toBe(true);
});

test('commas, quotes and line ends stay inside their cell', () => {
  expect(csvCell('a,b')).toBe('"a,b"');
  expect(csvCell('say "x"')).toBe('"say ""x"""');
  expect(csvCell('one\ntwo')).toBe('"one\ntwo"');
  expect(csvCell('plain')).toBe('plain');
});
