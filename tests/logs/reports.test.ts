import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generate } from '../bench/genlog/generate.ts';
import { Room } from './helpers.ts';

/** Bytes that the filter of a generated log adds to a mail. */
const FILTER_HEADER = 480;

interface Told {
  kind: string;
  start: number;
  from: string;
  size: number;
  qids: unknown[];
  rcpts: { to: string; final: string; attempts: number }[];
}

/** Seconds of each smtpd session of a log, from its Connect to its Disconnect. */
function connectionsOf(text: string): number[] {
  const open = new Map<string, number>();
  const out: number[] = [];
  for (const line of text.split('\n')) {
    const found = /^(\w{3} [ \d]\d [\d:]{8}) \S+ \S*\/smtpd\[(\d+)\]: (connect|disconnect) from/.exec(line);
    if (found === null) continue;
    const [, time = '', pid = '', what] = found;
    const at = Date.parse(`${time} 2026 UTC`) / 1000;
    if (what === 'connect') open.set(pid, at);
    else if (open.has(pid)) {
      out.push(at - (open.get(pid) ?? 0));
      open.delete(pid);
    }
  }
  return out;
}

describe('the totals of a log', () => {
  it('are those of what happened: each mail once, each recipient at its last word, every delay of a try', async () => {
    using room = new Room();
    const [log, truth, lines] = [join(room.dir, 'a.log'), join(room.dir, 'a.jsonl'), join(room.dir, 'a.u32')];
    generate({ seed: 41, bytes: 1_500_000 }, log, truth, lines);
    const set = await room.index([log], { zone: 'Europe/Berlin', year: 2026 });
    const text = readFileSync(log, 'utf8');
    const told = readFileSync(truth, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Told)
      .filter((each) => Array.isArray(each.rcpts));
    const refused = (each: Told): boolean =>
      each.rcpts.every(({ final }) => final === 'rejected' || final === 'greylisted');
    const taken = told.filter((each) => !refused(each));
    const finals = (...which: string[]): number =>
      told.flatMap((each) => each.rcpts).filter(({ final }) => which.includes(final)).length;
    const domain = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase();
    const sentTo = new Set(
      taken.flatMap((each) => each.rcpts.filter(({ final }) => final === 'sent').map(({ to }) => to)),
    );
    const senders = new Set(taken.map(({ from }) => from).filter((from) => from !== ''));

    const totals = Object.fromEntries(set.report('summary').rows) as Record<string, number>;
    expect(totals).toMatchObject({
      received: taken.length,
      // as it came in: the truth has the size behind a filter, which adds a header of its own
      'bytes received': taken.reduce((sum, each) => sum + each.size - (each.qids.length > 1 ? FILTER_HEADER : 0), 0),
      delivered: finals('sent'),
      bounced: finals('bounced'),
      discarded: finals('discarded'),
      deferrals: text.match(/ status=deferred /g)?.length ?? 0,
      senders: senders.size,
      'sender domains': new Set([...senders].map(domain)).size,
      recipients: sentTo.size,
      'recipient domains': new Set([...sentTo].map(domain)).size,
    });

    const sum = (by: 'day' | 'hour', column: string): number => {
      const { columns, rows } = set.report(by, { limit: 0 });
      return rows.reduce((all, row) => all + Number(row[columns.indexOf(column)]), 0);
    };
    for (const column of ['received', 'delivered', 'deferrals', 'bounced'])
      expect(sum('day', column), column).toBe(totals[column]);
    expect(set.report('hour').rows).toHaveLength(24);

    const connected = connectionsOf(text);
    expect(totals).toMatchObject({
      connections: connected.length,
      'seconds connected': connected.reduce((all, seconds) => all + seconds, 0),
    });
    expect(sum('day', 'connections')).toBe(connected.length);
    const clients = set.report('connection', { limit: 0 });
    expect(clients.rows).toHaveLength(totals['clients connected'] ?? 0);
    expect(clients.rows.reduce((all, row) => all + Number(row[1]), 0)).toBe(connected.length);
    expect(Math.max(...clients.rows.map((row) => Number(row[4])))).toBe(Math.max(...connected));

    const { columns, rows } = set.report('recipient-domain', { limit: 0 });
    const column = (name: string): number => rows.reduce((all, row) => all + Number(row[columns.indexOf(name)]), 0);
    expect(column('sent')).toBe(totals['delivered']);
    expect(column('bytes')).toBe(totals['bytes delivered']);
    expect(column('deferrals')).toBe(totals['deferrals']);
    const put = await set.lineReport('deferral', { limit: 0 });
    expect(put.rows.reduce((all, row) => all + Number(row[1]), 0)).toBe(totals['deferrals']);
    expect(put.rows.length).toBeLessThan(20);
    await set.close();
  });

  it('hold each warning of each program, like ones together', async () => {
    using room = new Room();
    const line = (tag: string, words: string): string => `Nov  2 10:00:00 mx1 ${tag}: ${words}\n`;
    const text = [
      line('postfix/smtpd[1]', 'warning: hostname a.example does not resolve to address 192.0.2.1'),
      line('postfix/smtpd[2]', 'warning: hostname b.example does not resolve to address 192.0.2.2'),
      line(
        'postfix/smtpd[2]',
        'warning: unknown[192.0.2.3]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=u@c.example',
      ),
      line(
        'postfix/smtpd[2]',
        'message repeated 4 times: [ warning: unknown[192.0.2.3]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=u@c.example]',
      ),
      line('postfix/master[3]', 'fatal: bind 0.0.0.0 port 25: Address already in use'),
      line('dovecot', 'imap(u@c.example)<77><x>: Error: Mailbox INBOX: open() failed'),
      line('postfix/cleanup[4]', '0A1B2C3D4E: message-id=<warning: no@a.example>'),
      line('postfix/smtpd[5]', 'connect from a.example[192.0.2.1]'),
    ].join('');
    const set = await room.index([room.file('mail.log', text)]);
    const { rows } = await set.lineReport('problem');
    expect(rows.map(([words, count]) => [words, count])).toEqual([
      ['postfix/master: fatal: bind [] port #: Address already in use', 1],
      ['dovecot: error: Mailbox INBOX: open() failed', 1],
      ['postfix/smtpd: warning: []: SASL LOGIN authentication failed: …, sasl_username=<>', 5],
      ['postfix/smtpd: warning: hostname … does not resolve to address []', 2],
    ]);
    const later = await set.lineReport('problem', { since: Date.parse('2026-11-03T00:00:00Z') / 1000 });
    expect(later.rows).toEqual([]);
    await set.close();
  });
});
