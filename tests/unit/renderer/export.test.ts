import { expect, test } from 'vitest';
import { queueRows } from '../../../renderer/screens/queue/export.ts';
import { csv, csvCell, tabbed } from '../../../renderer/ui/csv.ts';

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

test('what is copied for a spreadsheet keeps each cell in its place, and runs nothing', () => {
  expect(tabbed([['a\tb', 'c\nd', '=1+1']])).toBe("a b\tc d\t'=1+1\n");
});

test('a list of the queue: one message a line, every recipient in its cell, a hostile sender as text', () => {
  const table = csv(
    queueRows([
      {
        id: '4d2QBtzLZhL',
        queue: 'deferred',
        arrivalTime: '2026-11-22T11:00:00.000Z',
        size: 452,
        sender: '=cmd|x@evil.example',
        recipients: [
          { address: 'a@x.example', reason: null },
          { address: 'b@x.example', reason: '450 4.2.0 Greylisted, see postgrey' },
        ],
        forcedExpire: false,
        login: null,
      },
    ]),
  );
  const [head, row, end] = table.split('\r\n');
  expect(head).toBe('id,queue,arrival,size,sender,recipients,reason,login');
  expect(row).toBe(
    '4d2QBtzLZhL,deferred,2026-11-22T11:00:00.000Z,452,\'=cmd|x@evil.example,a@x.example b@x.example,"450 4.2.0 Greylisted, see postgrey",',
  );
  expect(end).toBe('');
});
