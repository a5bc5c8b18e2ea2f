import { appendFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DELIVERED, messages, Room } from './helpers.ts';

describe('a message', () => {
  it('is one trace with its session, its delivery and its last word', async () => {
    using room = new Room();
    const set = await room.index([room.file('mail.log', DELIVERED)]);
    const [m] = messages(set);
    expect(m).toMatchObject({
      origin: 'inbound',
      complete: true,
      host: 'mx1',
      messageId: 'one@a.example',
      clientIp: '192.0.2.1',
      from: 's@a.example',
      size: 1234,
      start: '2026-11-02T10:00:00.000Z',
      recipients: [
        {
          to: 'u@b.example',
          status: 'sent',
          dsn: '2.0.0',
          attempts: 1,
          reply: '250 2.0.0 <u@b.example> SESSIONxyz Saved',
        },
      ],
    });
    expect(m?.explanation.id).toBe('trace.sent.here');
    expect(set.traceLines(m?.id ?? '').map((l) => l.line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect([...set.attribution(`${room.dir}/mail.log`)]).toEqual(Array.from({ length: 10 }).fill(m?.id));
    await set.close();
  });

  it('that Sieve discarded is not delivered', async () => {
    using room = new Room();
    const text = DELIVERED.replace(
      'msgid=<one@a.example>: saved mail to INBOX',
      'sieve: msgid=<one@a.example>: discard action: Marked message to be discarded if not explicitly delivered',
    );
    const set = await room.index([room.file('mail.log', text)]);
    expect(messages(set)[0]?.recipients[0]?.status).toBe('discarded');
    await set.close();
  });

  it('whose end is not in the log is not complete', async () => {
    using room = new Room();
    const set = await room.index([room.file('mail.log', DELIVERED.split('\n').slice(0, 5).join('\n'))]);
    expect(messages(set)[0]).toMatchObject({ complete: false, recipients: [] });
    await set.close();
  });

  it('with a reused queue id is another trace', async () => {
    using room = new Room();
    const later = DELIVERED.replaceAll('10:00:', '12:00:')
      .replaceAll('one@a', 'two@a')
      .replaceAll('SESSIONxyz', 'SESSIONabc');
    const set = await room.index([room.file('mail.log', DELIVERED + later)]);
    expect(messages(set).map((m) => m.messageId)).toEqual(['one@a.example', 'two@a.example']);
    await set.close();
  });

  it('goes on under a second queue id behind a filter', async () => {
    using room = new Room();
    const set = await room.index([
      room.file(
        'mail.log',
        `Nov  2 10:00:00 mx1 postfix/smtpd[10]: AAAAAAAAA1: client=a.example[192.0.2.1]
Nov  2 10:00:00 mx1 postfix/qmgr[12]: AAAAAAAAA1: from=<s@a.example>, size=100, nrcpt=1 (queue active)
Nov  2 10:00:01 mx1 postfix/smtpd[20]: connect from localhost[127.0.0.1]
Nov  2 10:00:01 mx1 postfix/smtpd[20]: BBBBBBBBB2: client=localhost[127.0.0.1]
Nov  2 10:00:01 mx1 postfix/qmgr[12]: BBBBBBBBB2: from=<s@a.example>, size=580, nrcpt=2 (queue active)
Nov  2 10:00:01 mx1 postfix/smtp[21]: AAAAAAAAA1: to=<info@b.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as BBBBBBBBB2)
Nov  2 10:00:01 mx1 postfix/qmgr[12]: AAAAAAAAA1: removed
Nov  2 10:00:02 mx1 postfix/smtp[22]: BBBBBBBBB2: to=<u@c.example>, orig_to=<info@b.example>, relay=mx.c.example[192.0.2.7]:25, delay=1, delays=0/0/0/1, dsn=4.7.1, status=deferred (host mx.c.example[192.0.2.7] said: 450 4.7.1 try again, rate limit (in reply to RCPT TO command))
`,
      ),
    ]);
    const all = messages(set);
    expect(all).toHaveLength(1);
    expect(all[0]?.queueIds).toEqual([
      { id: 'AAAAAAAAA1', role: 'in' },
      { id: 'BBBBBBBBB2', role: 'after-filter' },
    ]);
    expect(all[0]).toMatchObject({ clientIp: '192.0.2.1', complete: false });
    expect(all[0]?.recipients).toMatchObject([{ to: 'u@c.example', originalTo: 'info@b.example', status: 'deferred' }]);
    expect(all[0]?.explanation.values['first']).toMatchObject({ id: 'trace.deferred', values: { attempts: 1 } });
    await set.close();
  });

  it('is followed to the next server of the same set', async () => {
    using room = new Room();
    const one = room.file(
      'mx1.log',
      `Nov  2 10:00:00 mx1 postfix/smtpd[10]: AAAAAAAAA1: client=a.example[192.0.2.1]
Nov  2 10:00:00 mx1 postfix/cleanup[11]: AAAAAAAAA1: message-id=<hop@a.example>
Nov  2 10:00:00 mx1 postfix/qmgr[12]: AAAAAAAAA1: from=<s@a.example>, size=100, nrcpt=1 (queue active)
Nov  2 10:00:02 mx1 postfix/smtp[21]: AAAAAAAAA1: to=<u@b.example>, relay=mx2.b.example[192.0.2.2]:25, delay=2, delays=0/0/0/2, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as BBBBBBBBB2)
Nov  2 10:00:02 mx1 postfix/qmgr[12]: AAAAAAAAA1: removed
`,
    );
    const two = room.file(
      'mx2.log',
      `Nov  2 10:00:01 mx2 postfix/smtpd[10]: BBBBBBBBB2: client=mx1.b.example[192.0.2.3]
Nov  2 10:00:01 mx2 postfix/cleanup[11]: BBBBBBBBB2: message-id=<hop@a.example>
Nov  2 10:00:01 mx2 postfix/qmgr[12]: BBBBBBBBB2: from=<s@a.example>, size=300, nrcpt=1 (queue active)
Nov  2 10:00:03 mx2 postfix/local[21]: BBBBBBBBB2: to=<u@b.example>, relay=local, delay=2, delays=0/0/0/2, dsn=5.1.1, status=bounced (unknown user: "u")
Nov  2 10:00:03 mx2 postfix/qmgr[12]: BBBBBBBBB2: removed
`,
    );
    const set = await room.index([two, one]);
    const all = messages(set);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({ host: 'mx1', clientIp: '192.0.2.1', complete: true });
    expect(all[0]?.recipients.map((r) => r.status)).toEqual(['bounced']);
    await set.close();
  });
});

describe('inputs', () => {
  it.each([
    ['gz', (b: Buffer) => gzipSync(b)],
    ['zst', (b: Buffer) => zstdCompressSync(b)],
  ])('packed as %s give the same traces and raw lines', async (name, pack) => {
    using room = new Room();
    const set = await room.index([room.file(`mail.log.${name}`, pack(Buffer.from(DELIVERED)))]);
    const [m] = messages(set);
    expect(m?.recipients[0]?.status).toBe('sent');
    expect(set.traceLines(m?.id ?? '')[0]?.text).toBe(DELIVERED.split('\n')[0]);
    expect(await set.lines('SAVED mail')).toHaveLength(1);
    await set.close();
  });

  it.each([
    ['gz', gzipSync],
    ['zst', zstdCompressSync],
  ])('a truncated %s keeps what came before and says so', async (name, pack) => {
    using room = new Room();
    // lines that do not repeat: a short block of zeros would hold all of a repeated log
    const text = Array.from({ length: 40_000 }, (_, i) => `Nov  2 10:00:00 mx1 x[1]: ${Math.imul(i, 0x9e3779b1)}`);
    const bytes = pack(Buffer.from(`${text.join('\n')}\n`));
    const set = await room.index([room.file(`mail.log.${name}`, bytes.subarray(0, Math.floor(bytes.length * 0.7)))]);
    expect(set.info.sources[0]?.troubles).toEqual({ truncated: 1 });
    expect(set.lineCount).toBeGreaterThan(10_000);
    expect(set.lineCount).toBeLessThan(40_000);
    await set.close();
  });

  it.each([
    ['gz', gzipSync],
    ['zst', zstdCompressSync],
  ])('several %s files in one are read to the last', async (name, pack) => {
    using room = new Room();
    const line = (i: number): string => `Nov  2 10:00:00 mx1 x[1]: ${i}\n`;
    const part = (n: number): Buffer => pack(Buffer.from(Array.from({ length: 1000 }, (_, i) => line(n + i)).join('')));
    const set = await room.index([room.file(`mail.log.${name}`, Buffer.concat([part(0), part(1000), part(2000)]))]);
    expect(set.info.sources[0]?.troubles).toEqual({});
    expect(set.lineCount).toBe(3000);
    await set.close();
  });

  it('an xz that is left after its first bytes breaks nothing', async () => {
    using room = new Room();
    // one line in one stream, six thousand streams: what the probe leaves unread is more than one read
    const one = Buffer.from(
      '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAfTm92ICAyIDEwOjAwOjAwIG14MSB4WzFdOiBoZWxsbwoA3RUoLxof0iMAATggGCl3DB+2830BAAAAAARZWg==',
      'base64',
    );
    const xz = Buffer.concat(Array.from({ length: 6000 }, () => one));
    const set = await room.index([room.file('mail.log.xz', xz)]);
    expect(set.info.sources[0]?.troubles).toEqual({});
    expect(set.lineCount).toBe(6000);
    await set.close();
  });

  it('a rotated series in any order is read oldest first', async () => {
    using room = new Room();
    const lines = DELIVERED.split('\n');
    const newest = room.file('mail.log', lines.slice(6).join('\n'));
    const older = room.file('mail.log.1', `${lines.slice(3, 6).join('\n')}\n`);
    const oldest = room.file('mail.log.2.gz', gzipSync(Buffer.from(`${lines.slice(0, 3).join('\n')}\n`)));
    const set = await room.index([newest, oldest, older]);
    expect(messages(set)).toMatchObject([{ complete: true, recipients: [{ status: 'sent' }] }]);
    await set.close();
  });

  it('journald JSON, Docker JSON and the mailcow API become lines', async () => {
    using room = new Room();
    const entries = DELIVERED.trimEnd()
      .split('\n')
      .map((l) => /^\S+ +\d+ (\S+) (\S+) ([^[:]+)(?:\[(\d+)\])?: (.*)$/.exec(l) ?? []);
    const at = (clock: string): number => Date.parse(`2026-11-02T${clock}Z`);
    const journal = entries.map(([, clock, host, program, pid, message]) =>
      JSON.stringify({
        __REALTIME_TIMESTAMP: String(at(clock ?? '') * 1000),
        _HOSTNAME: host,
        SYSLOG_IDENTIFIER: program,
        _PID: pid,
        MESSAGE: message,
      }),
    );
    const docker = DELIVERED.trimEnd()
      .split('\n')
      .map((l) => JSON.stringify({ log: `${l}\n`, stream: 'stdout', time: '2026-11-02T10:00:00.5Z' }));
    const mailcow = JSON.stringify(
      entries
        .map(([, clock, , program, pid, message]) => ({
          time: String(at(clock ?? '') / 1000),
          priority: 'info',
          program,
          pid,
          message,
        }))
        .reverse(),
    );
    for (const [name, text] of [
      ['journal.json', journal.join('\n')],
      ['docker.json', docker.join('\n')],
      ['mailcow.json', mailcow],
    ] as const) {
      const set = await room.index([room.file(name, text)]);
      expect(messages(set), name).toMatchObject([
        { messageId: 'one@a.example', recipients: [{ to: 'u@b.example', status: 'sent' }] },
      ]);
      await set.close();
    }
  });

  it('JSON without a newline does not fill memory, and what follows it is read', async () => {
    using room = new Room();
    const entry = JSON.stringify({
      __REALTIME_TIMESTAMP: '1793613600000000',
      _HOSTNAME: 'mx1',
      SYSLOG_IDENTIFIER: 'postfix/qmgr',
      MESSAGE: '0A1B2C3D4E: removed',
    });
    const set = await room.index([room.file('journal.json', `${entry}\n{"a":"${'x'.repeat(40 << 20)}\n${entry}\n`)]);
    expect(set.traces({ queueId: '0A1B2C3D4E' }, { limit: 1 }).total).toBe(1);
    expect(set.info.sources[0]?.troubles['unreadable-entry']).toBeGreaterThan(0);
    expect(set.lineCount).toBeGreaterThanOrEqual(3);
    await set.close();
  });

  it('lines that are broken, binary, huge or not UTF-8 are kept as lines and break nothing', async () => {
    using room = new Room();
    const junk = Buffer.concat([
      Buffer.from('\0\0\0 not a line\n\n'),
      Buffer.from([0xff, 0xfe, 0x80, 10]),
      Buffer.from(`Nov  2 10:00:00 mx1 postfix/smtpd[10]: ${'x'.repeat(10_000_000)}\n`),
      Buffer.from('Nov 99 99:99:99 mx1 postfix/qmgr[1]: ZZZ: removed\nNov  2 10:00:00\nNov  2 10:00:00 mx1 \n'),
    ]);
    const set = await room.index([room.file('mail.log', Buffer.concat([junk, Buffer.from(DELIVERED)]))]);
    expect(set.lineCount).toBe(7 + 10);
    expect(messages(set)).toMatchObject([{ complete: true }]);
    await set.close();
  });
});

describe('time', () => {
  const line = (stamp: string, id: string): string =>
    `${stamp} mx1 postfix/pickup[1]: ${id}: uid=0 from=<root>\n${stamp} mx1 postfix/qmgr[2]: ${id}: removed\n`;

  it('without a year turns with the year', async () => {
    using room = new Room();
    const set = await room.index(
      [room.file('mail.log', line('Dec 31 23:59:59', 'AAAAAAAAA1') + line('Jan  1 00:00:01', 'AAAAAAAAA2'))],
      { zone: 'UTC', year: 2025 },
    );
    expect(messages(set).map((m) => m.start)).toEqual(['2025-12-31T23:59:59.000Z', '2026-01-01T00:00:01.000Z']);
    await set.close();
  });

  it('that summer time repeats is told apart by order', async () => {
    using room = new Room();
    const text =
      line('Oct 25 02:30:00', 'AAAAAAAAA1') +
      line('Oct 25 02:59:59', 'AAAAAAAAA2') +
      line('Oct 25 02:10:00', 'AAAAAAAAA3') +
      line('Oct 25 03:00:00', 'AAAAAAAAA4');
    const set = await room.index([room.file('mail.log', text)], { zone: 'Europe/Berlin', year: 2026 });
    expect(messages(set).map((m) => m.start.slice(11, 16))).toEqual(['00:30', '00:59', '01:10', '02:00']);
    await set.close();
  });
});

describe('a set', () => {
  it('opens as it was left, is renamed, listed and dropped', async () => {
    using room = new Room();
    const made = await room.index([room.file('mail.log', DELIVERED)]);
    const before = JSON.stringify(messages(made));
    await made.close();
    room.store.rename('test', 'other name');
    expect(room.store.sets()).toMatchObject([{ name: 'other name', lines: 10, sources: 1 }]);
    const again = room.store.open('other name');
    expect(again === undefined ? '' : JSON.stringify(messages(again))).toBe(before);
    await again?.close();
    room.store.drop('other name');
    expect(room.store.sets()).toEqual([]);
  });

  it('of which a part is missing on the disk is not opened, since it could lie', async () => {
    using room = new Room();
    const packed = room.file('mail.log.gz', gzipSync(DELIVERED));
    for (const part of ['lines.bin', 'frames.bin', 'tables-1.bin', 'strings-1.bin']) {
      await (await room.index([packed])).close();
      const file = join(room.dir, 'sets', 'test', part);
      truncateSync(file, statSync(file).size - 4);
      expect(room.store.open('test'), part).toBeUndefined();
      expect(room.store.open('test', { append: true }), part).toBeUndefined();
    }
    const again = await room.index([packed]);
    expect(messages(again)).toHaveLength(1);
    await again.close();
  });

  it('refuses a name that leaves its directory', () => {
    using room = new Room();
    expect(() => room.store.drop('../x')).toThrow(RangeError);
  });

  it('grows with its file, also when it was closed in between', async () => {
    using room = new Room();
    const lines = DELIVERED.split('\n');
    const path = room.file('mail.log', `${lines.slice(0, 4).join('\n')}\n`);
    await (await room.index([path])).close();
    const set = room.store.open('test', { append: true });
    if (set === undefined) throw new Error('not there');
    appendFileSync(path, `${lines.slice(4, 7).join('\n')}\n${lines[7]?.slice(0, 30)}`);
    expect(set.append()).toMatchObject({ lines: 3, changed: [] });
    set.save();
    await set.close();
    const again = room.store.open('test', { append: true });
    if (again === undefined) throw new Error('not there');
    appendFileSync(path, `${lines[7]?.slice(30)}\n${lines.slice(8).join('\n')}`);
    expect(again.append().lines).toBe(3);
    expect(messages(again)).toMatchObject([{ complete: true, recipients: [{ status: 'sent' }] }]);
    expect([...again.attribution(path)]).toEqual(Array.from({ length: 10 }).fill(messages(again)[0]?.id));
    expect(again.append()).toMatchObject({ lines: 0, touched: [] });
    truncateSync(path, 10);
    expect(again.append().changed).toEqual([{ file: path, what: 'shrunk' }]);
    writeFileSync(path, 'x'.repeat(5000));
    expect(again.append().changed).toEqual([{ file: path, what: 'replaced' }]);
    await again.close();
  });
});

describe('questions', () => {
  it('find by every kind of criterion and nothing else', async () => {
    using room = new Room();
    const reject =
      'Nov  2 11:00:00 mx1 postfix/smtpd[30]: NOQUEUE: reject: RCPT from x.example[198.51.100.7]: 554 5.7.1 <o@p.example>: Relay access denied; from=<Spam@Q.example> to=<o@p.example> proto=ESMTP helo=<x>\n';
    const set = await room.index([room.file('mail.log', DELIVERED + reject)]);
    const count = (q: Parameters<typeof set.traces>[0]): number => set.traces(q).total;
    expect(count({ from: 'S@A.EXAMPLE' })).toBe(1);
    expect(count({ to: 'u@b.example', status: 'sent' })).toBe(1);
    expect(count({ to: 'u@b.example', status: 'deferred' })).toBe(0);
    expect(count({ domain: 'q.example' })).toBe(1);
    expect(count({ domain: 'xample' })).toBe(0);
    expect(count({ part: 'spam@' })).toBe(1);
    expect(count({ ip: '198.51.100.0/24' })).toBe(1);
    expect(count({ ip: '192.0.2.1' })).toBe(1);
    expect(count({ queueId: '0A1B2C3D4E' })).toBe(1);
    expect(count({ messageId: '<one@a.example>' })).toBe(1);
    expect(count({ relay: 'DOVECOT' })).toBe(1);
    expect(count({ status: 'rejected' })).toBe(1);
    expect(count({ reason: 'relay access' })).toBe(1);
    expect(count({ minSize: 1000, maxSize: 2000 })).toBe(1);
    expect(count({ tls: true })).toBe(0);
    expect(count({ since: Date.parse('2026-11-02T10:30:00Z') / 1000 })).toBe(1);
    expect(count({})).toBe(2);
    expect((await set.tracesWithText('relay ACCESS', {})).total).toBe(1);
    expect(() => count({ ip: 'nonsense' })).toThrow(RangeError);
    expect(set.report('status').rows).toEqual([
      ['rejected', 1],
      ['sent', 1],
    ]);
    await set.close();
  });

  it('never show a password that a program logged', async () => {
    using room = new Room();
    const text = "Nov  2 10:00:00 mx1 vpopmail[1]: vchkpw-pop3: password fail (pass: 'geheim') u@d.example:192.0.2.1\n";
    const set = await room.index([room.file('mail.log', text)]);
    const [line] = await set.lines('vchkpw');
    expect(line?.text).toContain("(pass: '…')");
    expect(JSON.stringify(line)).not.toContain('geheim');
    await set.close();
  });
});
