import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDeferLog } from '#drivers/postfix-dovecot/parse/defer-log.ts';
import { parsePostcat, recordValue } from '#drivers/postfix-dovecot/parse/postcat.ts';
import { listValue, parsePostconf, retryTimes } from '#drivers/postfix-dovecot/parse/postconf.ts';
import { PostqueueParser } from '#drivers/postfix-dovecot/parse/postqueue.ts';
import { parsePostsuper, withoutIdLines } from '#drivers/postfix-dovecot/parse/postsuper.ts';
import { isSender, QueueHeadParser, readHead } from '#drivers/postfix-dovecot/parse/queue-head.ts';
import { compareVersions, parseOsRelease, parseVersion } from '#drivers/postfix-dovecot/parse/system.ts';
import { idOf } from '#drivers/postfix-dovecot/queue-path.ts';

const recorded = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'fixtures', name));

function parseListing(data: Buffer, chunk = data.length) {
  const parser = new PostqueueParser();
  const messages = [];
  for (let at = 0; at < data.length; at += chunk) messages.push(...parser.push(data.subarray(at, at + chunk)));
  parser.end();
  return messages;
}

const line = (more: object) =>
  Buffer.from(
    `${JSON.stringify({ queue_name: 'deferred', queue_id: 'ABC123', arrival_time: 1, message_size: 2, sender: 'a@b', recipients: [], ...more })}\n`,
  );

describe('a listing of postqueue -j', () => {
  const listing = recorded('postqueue.ndjson');

  it('gives every message with sender, recipients and reasons', () => {
    const messages = parseListing(listing);
    expect(messages).toHaveLength(8);
    expect(messages[0]).toEqual({
      id: 'CA488AC456',
      queue: 'deferred',
      arrivalTime: '2026-11-22T17:06:55.000Z',
      size: 251,
      sender: 'alice@alpha.test',
      recipients: [
        { address: 'u1@down.test', reason: 'connect to down.lab.test[10.77.0.53]:25: Connection refused' },
        { address: 'u2@down.test', reason: 'connect to down.lab.test[10.77.0.53]:25: Connection refused' },
      ],
      forcedExpire: false,
      login: null,
    });
    expect(messages.at(-1)).toMatchObject({ queue: 'hold', recipients: [{ reason: null }, { reason: null }] });
  });

  it('is the same wherever its chunks are cut', () => {
    const whole = parseListing(listing);
    for (const size of [1, 2, 3, 7, 64, 1000]) expect(parseListing(listing, size)).toEqual(whole);
  });

  it('takes only the bare MAILER-DAEMON for the null sender', () => {
    const senders = parseListing(listing).map((m) => m.sender);
    expect(senders).toContain('');
    expect(senders).toContain('MAILER-DAEMON@alpha.test');
    expect(senders).toContain('"a;$(touch /x)\' b"@alpha.test');
    expect(senders).toContain('żółw@alpha.test');
    expect(parseListing(line({ sender: 'mailer-daemon' }))[0]?.sender).toBe('mailer-daemon');
  });

  it('takes the reasons of Postfix 3.11, and passes over members it does not know', () => {
    const recipients = [
      { address: 'a@x', orig_address: 'b@x', bounce_reason: 'bounced' },
      { address: 'c@x', other_reason: 'other' },
      { address: 'd@x', future: { deep: [1] } },
    ];
    expect(parseListing(line({ recipients, future: true }))[0]?.recipients).toEqual([
      { address: 'a@x', reason: 'bounced' },
      { address: 'c@x', reason: 'other' },
      { address: 'd@x', reason: null },
    ]);
  });

  it('keeps a message whose address is not valid UTF-8', () => {
    const bytes = Buffer.from(line({ sender: 'aX@b' }));
    bytes[bytes.indexOf('aX@b') + 1] = 0xff;
    expect(parseListing(bytes)[0]?.sender).toBe('a\uFFFD@b');
  });

  it('is BAD_OUTPUT when it ends within a line, and tells how many came', () => {
    const parser = new PostqueueParser();
    parser.push(listing.subarray(0, listing.length - 20));
    expect(() => parser.end()).toThrow(expect.objectContaining({ code: 'BAD_OUTPUT', detail: { read: 7, why: '' } }));
  });

  it.each([
    ['not JSON', Buffer.from('postqueue: fatal: malformed showq server response\n')],
    ['an id that is none', line({ queue_id: '../../etc/passwd' })],
    ['a queue that is none', line({ queue_name: 'trash' })],
    ['a size below zero', line({ message_size: -1 })],
    ['a time that is no time', line({ arrival_time: 1e300 })],
    ['recipients that are no list', line({ recipients: 'a@b' })],
    ['a recipient without address', line({ recipients: [{}] })],
    ['no object', Buffer.from('null\n')],
  ])('is BAD_OUTPUT with %s', (_, bytes) => {
    expect(() => parseListing(bytes)).toThrow(expect.objectContaining({ code: 'BAD_OUTPUT' }));
  });

  it('refuses a line without end', () => {
    const parser = new PostqueueParser();
    const chunk = Buffer.alloc(32 * 1024 * 1024, 'x');
    expect(() => {
      for (let i = 0; i < 4; i += 1) parser.push(chunk);
    }).toThrow(expect.objectContaining({ code: 'LIMIT' }));
  });
});

describe("postsuper's standard error", () => {
  it('for the journal keeps the sum and the complaints, not a line for each message', () => {
    const said = recorded('postsuper-d.txt').toString();
    const kept = withoutIdLines(said).split('\n').filter(Boolean);
    expect(said).toMatch(/: removed$/m);
    expect(kept).toContain('postsuper: warning: invalid mail queue id: ../../etc/passwd');
    expect(kept.some((line) => /^postsuper: Deleted: \d+ messages?$/.test(line))).toBe(true);
    expect(kept.some((line) => line.endsWith(': removed'))).toBe(false);
  });

  it.each([
    ['h', 'placed on hold'],
    ['H', 'released from hold'],
    ['r', 'requeued'],
    ['f', 'expired'],
    ['d', 'removed'],
  ] as const)('-%s: the line of an id is the proof', (flag, word) => {
    const { ids, complaints } = parsePostsuper(recorded(`postsuper-${flag}.txt`).toString());
    expect([...ids]).toEqual(['CA488AC456', 'DBB45AC45F', 'D5EABAC45C'].map((id) => [id, new Set([word])]));
    expect(new Set(complaints)).toEqual(new Set(['postsuper: warning: invalid mail queue id: ../../etc/passwd']));
  });
});

describe('the beginnings of queue files', () => {
  const heads = (chunk: number) => {
    const data = recorded('heads.bin');
    const parser = new QueueHeadParser();
    const found = [];
    for (let at = 0; at < data.length; at += chunk) found.push(...parser.push(data.subarray(at, at + chunk)));
    expect(parser.whole).toBe(true);
    return found;
  };

  it('agree with the listing of the same moment, and tell the logins', () => {
    const listed = new Map(parseListing(recorded('postqueue.ndjson')).map((m) => [m.id, m]));
    const found = heads(10_000);
    expect(found).toHaveLength(listed.size);
    for (const head of found) {
      const message = listed.get(idOf(head.path));
      expect(head.size).toBe(message?.size);
      expect(head.arrival).toBe(Date.parse(message?.arrivalTime ?? '') / 1000);
      expect(isSender(head.sender ?? Buffer.from('?'), message?.sender ?? '')).toBe(true);
    }
    const logins = found.filter((h) => h.login !== null).map((h) => `${idOf(h.path)} ${h.login}`);
    expect(logins.sort()).toEqual(['302CDAC464 alice@alpha.test', '64356AC466 bob@alpha.test']);
  });

  it('are the same wherever chunks are cut', () => {
    expect(heads(1)).toEqual(heads(10_000));
    expect(heads(17)).toEqual(heads(10_000));
  });

  it('takes a value by its length, never by its looks', () => {
    const record = (type: string, data: string) =>
      Buffer.concat([Buffer.from([type.charCodeAt(0), data.length]), Buffer.from(data)]);
    const data = Buffer.concat([
      record('C', '            251 '),
      record('T', '1795367215 1'),
      record('A', 'x=A\x1dsasl_username=mallory@x.test'),
      record('S', 'a@b'),
      record('M', ''),
      record('A', 'sasl_username=eve@x.test'),
    ]);
    expect(readHead('deferred/X', data)).toEqual({
      path: 'deferred/X',
      size: 251,
      arrival: 1795367215,
      sender: Buffer.from('a@b'),
      login: null,
    });
  });

  it('leaves out a record that is cut off', () => {
    expect(readHead('p', Buffer.from('T\x0c1795367'))).toMatchObject({ arrival: null, sender: null });
    expect(readHead('p', Buffer.from('S'))).toMatchObject({ sender: Buffer.alloc(0) });
    expect(readHead('p', Buffer.from([0x41, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]))).toMatchObject({ login: null });
  });

  it('knows a sender as postqueue shows it, and no other', () => {
    expect(isSender(Buffer.from("a;$(x)' b@h"), '"a;$(x)\' b"@h')).toBe(true);
    expect(isSender(Buffer.from('a"b@h'), '"a\\"b"@h')).toBe(true);
    expect(isSender(Buffer.from([0x61, 0xc5, 0xbc]), 'a??')).toBe(true); // smtputf8_enable=no
    expect(isSender(Buffer.from('a@h'), 'b@h')).toBe(false);
    expect(isSender(Buffer.from('ab@h'), 'a?@h')).toBe(false);
    expect(isSender(Buffer.from(''), 'MAILER-DAEMON')).toBe(false);
  });
});

describe('an envelope of postcat', () => {
  it('gives attributes by their names', () => {
    const envelope = parsePostcat(recorded('postcat-sasl.txt').toString());
    if (!envelope) throw new Error('not read');
    expect(envelope.path).toBe('deferred/3/302CDAC464');
    expect(recordValue(envelope, 'sasl_username')).toBe('alice@alpha.test');
    expect(recordValue(envelope, 'log_client_address')).toBe('127.0.0.1');
    expect(recordValue(envelope, 'recipient')).toBe('sales@down.test');
    expect(recordValue(envelope, 'nothing')).toBeNull();
    expect(envelope.records.some((r) => r.name.startsWith('***'))).toBe(false);
  });

  it('is refused when it was cut short, or is another', () => {
    const words = recorded('postcat-alias.txt').toString();
    expect(parsePostcat(words)?.records.filter((r) => r.name === 'recipient')).toHaveLength(2);
    expect(parsePostcat(words.slice(0, -60))).toBeNull();
    expect(parsePostcat('postcat: fatal: open queue file DEADBEEF: No such file or directory\n')).toBeNull();
    expect(parsePostcat('')).toBeNull();
  });
});

describe('what the server says of itself', () => {
  it('reads reasons from a defer log', () => {
    expect([...parseDeferLog(recorded('defer-log.txt').toString())]).toEqual([
      ['sales@down.test', 'connect to down.lab.test[10.77.0.53]:25: Connection refused'],
    ]);
  });

  it('reads settings, empty and continued ones too', () => {
    const settings = parsePostconf(recorded('postconf-n.txt').toString());
    expect(settings.get('non_smtpd_milters')).toBe('');
    expect(settings.get('mynetworks')).toBe('127.0.0.0/8 [::1]/128');
    expect(parsePostconf('a = 1\nb =\n    two,\n    three\n').get('b')).toBe('two, three');
    expect(parsePostconf(recorded('postconf-P.txt').toString()).get('submission/inet/syslog_name')).toBe(
      'postfix/submission',
    );
    expect(listValue('deferred, defer hold')).toEqual(['deferred', 'defer', 'hold']);
    expect(listValue(undefined)).toEqual([]);
  });

  it('times of tries in any unit; unknown where one of them refers to another parameter', () => {
    const told = (minimal: string) =>
      retryTimes(
        parsePostconf(
          `minimal_backoff_time = ${minimal}\nmaximal_backoff_time = 4000s\nqueue_run_delay = 5m\nmaximal_queue_lifetime = 5\n`,
        ),
      );
    expect(told('1h')).toEqual({ minimalBackoff: 3600, maximalBackoff: 4000, queueRun: 300, lifetime: 432_000 });
    expect(told('600')?.minimalBackoff).toBe(600);
    expect(told('$queue_run_delay')).toBeNull();
    expect(retryTimes(new Map())).toBeNull();
  });

  it('reads versions of what runs beside', () => {
    const parts = recorded('versions.txt').toString().split(/^=== /m).slice(1);
    const versions = parts.map((part) => [
      part.slice(0, part.indexOf('\n')),
      parseVersion(part.slice(part.indexOf('\n'))),
    ]);
    expect(Object.fromEntries(versions)).toEqual({
      dovecot: '2.3.19.1',
      rspamd: '3.4',
      'fail2ban-client': '1.0.2',
      nft: '1.0.6',
      iptables: '1.8.9',
      rsyslogd: '8.2302.0',
      journalctl: '252.39',
      'redis-server': '7.0.15',
      opendkim: '2.11.0',
    });
    expect(parseVersion('no version here')).toBeNull();
    expect(parseOsRelease(recorded('os-release.txt').toString())).toBe('Debian GNU/Linux 12 (bookworm)');
    expect(parseOsRelease("NAME='X'\nVERSION=1\n")).toBe('X 1');
    expect(parseOsRelease('')).toBeNull();
    expect(compareVersions('3.10', '3.5')).toBeGreaterThan(0);
    expect(compareVersions('3.4.9', '3.5')).toBeLessThan(0);
    expect(compareVersions('3.11-20250101', '3.11')).toBe(0);
  });
});
