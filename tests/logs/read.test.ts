import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pack } from 'tar-stream';
import { rotationOf } from '#log-index/read/plan.ts';
import { DELIVERED, messages, Room } from './helpers.ts';

const LINES = DELIVERED.trim().split('\n');

/** Program, pid and words of a line of the sample. */
const PARTS = LINES.map((line) => {
  const [, clock = '', tag = '', pid, words = ''] = /^Nov {2}2 (\S+) mx1 (\S+?)(?:\[(\d+)\])?: (.*)$/.exec(line) ?? [];
  return { clock, tag, pid, words, micros: Date.parse(`2026-11-02T${clock}Z`) * 1000 };
});
const head = ({ tag, pid }: (typeof PARTS)[number]): string => (pid === undefined ? tag : `${tag}[${pid}]`);

/** An entry of journald whose message is given with its length, as for one that is not plain text. */
function binaryEntry({ tag, pid, words, micros }: (typeof PARTS)[number]): Buffer {
  const message = Buffer.from(words);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(message.length));
  return Buffer.concat([
    Buffer.from(
      `__CURSOR=s=1\n__REALTIME_TIMESTAMP=${micros}\n_HOSTNAME=mx1\nSYSLOG_IDENTIFIER=${tag}\n_PID=${pid ?? 1}\nMESSAGE\n`,
    ),
    length,
    message,
    Buffer.from('\n\n'),
  ]);
}

const pretty = PARTS.map(({ tag, pid, words, micros }) =>
  JSON.stringify(
    {
      __REALTIME_TIMESTAMP: String(micros),
      _HOSTNAME: 'mx1',
      SYSLOG_IDENTIFIER: tag,
      _PID: pid ?? '1',
      MESSAGE: words,
    },
    null,
    '\t',
  ),
).join('\n');

const SHAPES: readonly (readonly [string, string | Buffer])[] = [
  ['journalctl -o export with binary fields', Buffer.concat(PARTS.map(binaryEntry))],
  ['journalctl -o json-pretty', `${pretty}\n`],
  ['journalctl -o short-full', PARTS.map((p) => `Mon 2026-11-02 ${p.clock} UTC mx1 ${head(p)}: ${p.words}\n`).join('')],
  ['docker compose logs', LINES.map((line) => `postfix-mailcow-1  | ${line}\n`).join('')],
  ['docker logs -t', LINES.map((line) => `2026-11-02T10:00:00.000000000Z ${line}\n`).join('')],
  ['BusyBox', PARTS.map((p) => `Nov  2 ${p.clock} mx1 mail.info ${head(p)}: ${p.words}\n`).join('')],
  ['Solaris', PARTS.map((p) => `Nov  2 ${p.clock} mx1 ${head(p)}: [ID 197553 mail.info] ${p.words}\n`).join('')],
  ['a year in the time', PARTS.map((p) => `Nov  2 2026 ${p.clock} mx1 ${head(p)}: ${p.words}\n`).join('')],
  ['UTF-8 with a byte order mark', `\ufeff${DELIVERED}`],
  ['UTF-16', Buffer.from(`\ufeff${DELIVERED}`, 'utf16le')],
];

describe('a log in another shape', () => {
  it.each(SHAPES)('%s', async (_, content) => {
    using room = new Room();
    const set = await room.index([room.file('mail.log', content)]);
    const [mail, ...more] = messages(set);
    expect(more).toEqual([]);
    expect(mail).toMatchObject({
      host: 'mx1',
      complete: true,
      clientIp: '192.0.2.1',
      recipients: [{ status: 'sent' }],
    });
    expect(mail?.start).toMatch(/^2026-11-02T10:00:00/);
    expect(set.traceLines(mail?.id ?? '')).toHaveLength(LINES.length);
    await set.close();
  });

  it('rspamd’s history as mailcow gives it names the verdict of its message', async () => {
    using room = new Room();
    const task = {
      unix_time: PARTS[0]?.micros === undefined ? 0 : PARTS[0].micros / 1e6,
      'message-id': 'one@a.example',
      ip: '192.0.2.1',
      score: 7.5,
      required_score: 15,
      action: 'add header',
      sender_smtp: 's@a.example',
      rcpt_smtp: ['u@b.example'],
      size: 1234,
      symbols: { BAYES_SPAM: { score: 5 } },
    };
    const set = await room.index([room.file('mail.log', DELIVERED), room.file('history.json', JSON.stringify([task]))]);
    expect(messages(set)).toMatchObject([{ verdict: { engine: 'rspamd', action: 'add header', score: 7.5 } }]);
    await set.close();
  });
});

describe('a damaged file', () => {
  // two megabytes that do not repeat, so that a codec holds much when it fails
  let seed = 7;
  const random = (): string => ((seed = (seed * 1103515245 + 12345) % 2 ** 31), seed.toString(36));
  const big = Array.from(
    { length: 20_000 },
    (_, i) => `Nov  2 10:00:00 mx1 test[${i + 1}]: ${random()}${random()}\n`,
  ).join('');
  const count = big.split('\n').length - 1;

  it.each([
    ['gz', gzipSync],
    ['zst', zstdCompressSync],
  ] as const)('%s with bytes behind its end is read to its end, and that is said', async (ending, pressed) => {
    using room = new Room();
    const set = await room.index([
      room.file(`mail.log.${ending}`, Buffer.concat([pressed(big), Buffer.from('not of it')])),
    ]);
    expect(set.lineCount).toBe(count);
    expect(set.info.sources[0]?.troubles).toEqual({ 'trailing-bytes': 1 });
    await set.close();
  });

  it('gz that goes wrong in its middle is read up to there', async () => {
    using room = new Room();
    const bytes = gzipSync(big);
    const half = bytes.length >> 1;
    bytes.fill(0xff, half, half + 64);
    const set = await room.index([room.file('mail.log.gz', bytes)]);
    expect(set.info.sources[0]?.troubles).toEqual({ corrupt: 1 });
    expect(set.lineCount).toBeGreaterThan(count * 0.45);
    expect(big.startsWith(set.slice(0, 1)[0]?.text ?? 'none')).toBe(true);
    await set.close();
  });

  it.each([
    ['truncated', (whole: Buffer) => whole.subarray(0, whole.length - 60), 99],
    [
      'trailing-bytes',
      (whole: Buffer) => Buffer.concat([whole, Buffer.from('not of it, but longer than a head')]),
      100,
    ],
  ] as const)('xz that is %s is read as far as it goes', async (trouble, damage, lines) => {
    using room = new Room();
    // one line in one stream
    const one = Buffer.from(
      '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAfTm92ICAyIDEwOjAwOjAwIG14MSB4WzFdOiBoZWxsbwoA3RUoLxof0iMAATggGCl3DB+2830BAAAAAARZWg==',
      'base64',
    );
    const whole = Buffer.concat(Array.from({ length: 100 }, () => one));
    const set = await room.index([room.file('mail.log.xz', damage(whole))]);
    expect(set.info.sources[0]?.troubles).toEqual({ [trouble]: 1 });
    expect(set.lineCount).toBeGreaterThanOrEqual(lines);
    await set.close();
  });

  describe('tar', () => {
    /** `b.log` is larger than what a reader takes at once. */
    const members = { 'a.log': DELIVERED, 'b.log': big, 'c.log': DELIVERED };
    const tarred = async (): Promise<Buffer> => {
      const tar = pack();
      for (const [name, content] of Object.entries(members)) tar.entry({ name }, content);
      tar.finalize();
      const parts: Buffer[] = [];
      for await (const part of tar as AsyncIterable<Buffer>) parts.push(part);
      return Buffer.concat(parts);
    };
    const index = async (room: Room, name: string, content: Buffer) => {
      const { set, refused } = await room.store.index('test', [room.file(name, content)], { zone: 'UTC', year: 2026 });
      const files = Object.fromEntries(
        set.info.sources.map((file) => [file.name.slice(file.name.indexOf('!') + 1), file] as const),
      );
      await set.close();
      return { files, refused: refused.map(({ why }) => why) };
    };

    it.each([
      ['plain', 'logs.tar', (bytes: Buffer) => bytes],
      ['gz', 'logs.tar.gz', gzipSync],
      ['zst', 'logs.tar.zst', zstdCompressSync],
    ] as const)('that is whole: %s', async (_, name, packed) => {
      using room = new Room();
      const { files, refused } = await index(room, name, packed(await tarred()));
      expect(refused).toEqual([]);
      for (const [member, content] of Object.entries(members))
        expect(files[member]).toMatchObject({ bytes: Buffer.byteLength(content), troubles: {} });
    });

    it('that ends in a member is read to its very end, and that is said of the member', async () => {
      using room = new Room();
      const whole = await tarred();
      const from = whole.indexOf(big.slice(0, 100));
      for (const there of [1, 1000, 300_000, big.length - 1]) {
        const { files, refused } = await index(room, 'logs.tar', whole.subarray(0, from + there));
        expect(refused).toEqual([]);
        expect(Object.keys(files)).toEqual(['a.log', 'b.log']);
        expect(files['a.log']).toMatchObject({ bytes: DELIVERED.length, troubles: {} });
        expect(files['b.log']).toMatchObject({ bytes: there, troubles: { truncated: 1 } });
      }
    });

    it('.gz that is cut, or damaged in a member, gives what can be unpacked', async () => {
      using room = new Room();
      const whole = gzipSync(await tarred());
      const half = whole.length >> 1;
      const cut = await index(room, 'logs.tar.gz', whole.subarray(0, half));
      expect(cut.refused).toEqual([]);
      expect(cut.files['a.log']).toMatchObject({ bytes: DELIVERED.length, troubles: {} });
      expect(cut.files['b.log']?.troubles).toEqual({ truncated: 1 });
      expect(cut.files['b.log']?.bytes).toBeGreaterThan(big.length * 0.4);
      // a block of a type that there is not follows what was flushed
      const begun = gzipSync((await tarred()).subarray(0, big.length >> 1), { finishFlush: constants.Z_SYNC_FLUSH });
      const damaged = await index(room, 'logs.tar.gz', Buffer.concat([begun, Buffer.alloc(64, 0xff)]));
      expect(damaged.refused).toEqual([]);
      expect(damaged.files['b.log']?.troubles).toEqual({ corrupt: 1 });
      expect(damaged.files['b.log']?.bytes).toBeGreaterThan(big.length * 0.49);
    });

    it('whose parts are overwritten gives the members before', async () => {
      using room = new Room();
      const whole = await tarred();
      whole.fill(0xff, whole.indexOf('c.log'), whole.indexOf('c.log') + 200);
      const { files, refused } = await index(room, 'logs.tar', whole);
      expect(files['b.log']).toMatchObject({ bytes: big.length, troubles: {} });
      expect(refused).toEqual(['damaged inside: what follows b.log in it is missing']);
    });

    it('that ends where a member begins says which was the last', async () => {
      using room = new Room();
      const whole = await tarred();
      const head = whole.indexOf('c.log');
      for (const there of [head + 100, head + 512]) {
        const { files, refused } = await index(room, 'logs.tar', whole.subarray(0, there));
        expect(Object.keys(files)).toEqual(['a.log', 'b.log']);
        expect(files['b.log']).toMatchObject({ bytes: big.length, troubles: {} });
        expect(refused).toEqual(['ends too early: what follows b.log in it is missing']);
      }
    });

    it('with a packed member that is cut says so once', async () => {
      using room = new Room();
      const tar = pack();
      tar.entry({ name: 'mail.log.gz' }, gzipSync(big));
      tar.finalize();
      const parts: Buffer[] = [];
      for await (const part of tar as AsyncIterable<Buffer>) parts.push(part);
      const whole = Buffer.concat(parts);
      const { files, refused } = await index(room, 'logs.tar', whole.subarray(0, whole.length >> 1));
      expect(refused).toEqual([]);
      expect(files['mail.log.gz']?.troubles).toEqual({ truncated: 1 });
    });
  });

  it('of a packing that nothing here opens is refused by name, not read as noise', async () => {
    using room = new Room();
    const lz4 = Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18]), brotliCompressSync(DELIVERED)]);
    const { set, refused } = await room.store.index('test', [
      room.file('mail.log.lz4', lz4),
      room.file('a.log', DELIVERED),
    ]);
    expect(refused).toMatchObject([{ why: expect.stringContaining('lz4') as string }]);
    expect(set.lineCount).toBe(LINES.length);
    await set.close();
  });
});

describe('the name of a rotated file', () => {
  it.each([
    [['mail.log.10.gz', 'mail.log.2.gz', 'mail.log.1', 'mail.log'], 'mail.log'],
    [['maillog.1.bz2', 'maillog.0.bz2', 'maillog'], 'maillog'],
    [['mainlog.02.gz', 'mainlog.01', 'mainlog'], 'mainlog'],
    [['maillog-20261031.gz', 'maillog-20261101', 'maillog'], 'maillog'],
    [['mail.log-2026-10-31.xz', 'mail.log.20261101', 'mail.log'], 'mail.log'],
    [['mail-2026-10-31.log', 'mail-2026-11-01.log'], 'mail.log'],
    [['mail.log-20261101-1793500000.gz', 'mail.log-20261101-1793610000.gz', 'mail.log'], 'mail.log'],
    [['mail.log-1793500000.gz', 'mail.log-1793610000.gz', 'mail.log'], 'mail.log'],
    [['2026-10-31-mail.log', '2026-11-01-mail.log'], 'mail.log'],
  ])('%j are one series, oldest first', (names, series) => {
    const found = names.map(rotationOf);
    expect(found.map((each) => each.series)).toEqual(names.map(() => series));
    const keys = found.map(({ date, age }) => `${date || '~'} ${String(9999 - age).padStart(4, '0')}`);
    expect(keys).toEqual([...keys].sort());
    expect(new Set(keys).size).toBe(keys.length);
  });
});
