import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DELIVERED, messages, Room } from './helpers.ts';

const LINES = DELIVERED.trim().split('\n');

/** A log with a hole of NUL bytes, lines that are not UTF-8, and one of ten megabytes. */
const BROKEN = Buffer.concat([
  Buffer.from(`${LINES.slice(0, 4).join('\n')}\n`),
  Buffer.alloc(4096),
  Buffer.from('\n'),
  Buffer.from('Nov  2 10:00:00 mx1 postfix/smtpd[10]: caf\xe9\n', 'latin1'),
  Buffer.from('\xff\xfe\n', 'latin1'),
  Buffer.from(`Nov  2 10:00:00 mx1 postfix/smtpd[10]: ${'x'.repeat(10 << 20)}\n`),
  Buffer.from(`${LINES.slice(4).join('\n')}\n`),
]);

describe('damaged lines', () => {
  it.each([
    ['plain', 'mail.log', BROKEN],
    ['packed', 'mail.log.zst', zstdCompressSync(BROKEN)],
  ])('are counted in a %s file, and the trace around them is whole', async (_, name, content) => {
    using room = new Room();
    const path = room.file(name, content);
    const set = await room.index([path]);
    expect(messages(set)).toMatchObject([{ complete: true, recipients: [{ status: 'sent' }] }]);
    expect(set.lineCount).toBe(LINES.length + 4);
    expect(await set.inspect()).toEqual({ [path]: { 'nul-bytes': 1, 'invalid-utf8': 2, 'long-line': 1 } });
    await set.close();
  });

  it('are none in a log that is well', async () => {
    using room = new Room();
    const set = await room.index([
      room.file('mail.log', `${DELIVERED}Nov  2 10:00:02 mx1 x[1]: zażółć ${'y'.repeat(5000)}\n`),
    ]);
    expect(await set.inspect()).toEqual({});
    await set.close();
  });
});
