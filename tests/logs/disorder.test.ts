import { describe, expect, it } from 'vitest';
import { DELIVERED, messages, Room } from './helpers.ts';

/** The queue id of the message that each line of the log belongs to; null: none, or another kind of trace. */
async function owners(room: Room, log: string): Promise<(string | null)[]> {
  const path = room.file('mail.log', log);
  const set = await room.index([path]);
  const ids = new Map(messages(set).map((m) => [m.id, m.queueIds[0]?.id ?? null]));
  const out = [...set.attribution(path)].map((id) => ids.get(String(id)) ?? null);
  await set.close();
  return out;
}

/** A delivery session: Connect, delivery of one message, Disconnect. */
function delivered(pid: number, id: string, at: (part: 0 | 1 | 2 | 3) => string): string[] {
  return [
    `${at(0)} mx1 dovecot: lmtp(${pid}): Connect from local`,
    `${at(1)} mx1 dovecot: lmtp(u@b.example)<${pid}><S${id}>: msgid=<${id}@a.example>: saved mail to INBOX`,
    `${at(2)} mx1 postfix/lmtp[14]: ${id}: to=<u@b.example>, relay=mx1[private/dovecot-lmtp], delay=1, delays=0.5/0/0/0.5, dsn=2.0.0, status=sent (250 2.0.0 <u@b.example> S${id} Saved)`,
    `${at(3)} mx1 dovecot: lmtp(${pid}): Disconnect from local: Logged out (state=READY)`,
  ];
}

describe('lines out of order', () => {
  const A = '0A1B2C3D4E';
  const B = '0A1B2C3D5E';

  it('a Disconnect after the next delivery has begun goes to its own session: fractions of seconds tell', async () => {
    using room = new Room();
    const time = (s: number) => (part: number) => `2026-11-02T10:00:0${s}.${part}00000+00:00`;
    const first = delivered(13, A, time(1));
    const second = delivered(13, B, time(2));
    const third = delivered(13, '0A1B2C3D6E', time(3));
    const [end = ''] = first.splice(3);
    const log = [...first, ...second.slice(0, 2), end, ...second.slice(2), ...third].join('\n');
    expect(await owners(room, log)).toEqual([A, A, A, B, B, A, B, B, ...Array.from({ length: 4 }, () => '0A1B2C3D6E')]);
  });

  it('a Disconnect that comes before its Connect is its own, and the session after it is not mistaken', async () => {
    using room = new Room();
    const time = () => 'Nov  2 10:00:01';
    const [open = '', ...rest] = delivered(13, A, time);
    const [close = ''] = rest.splice(2);
    const second = delivered(13, B, time);
    expect(await owners(room, [close, open, ...rest, ...second].join('\n'))).toEqual([A, A, A, A, B, B, B, B]);
  });

  it('two Disconnects in a row are those of the two sessions before them', async () => {
    using room = new Room();
    const time = () => 'Nov  2 10:00:01';
    const [a1 = '', a2 = '', a3 = '', a4 = ''] = delivered(13, A, time);
    const [b1 = '', b2 = '', b3 = '', b4 = ''] = delivered(13, B, time);
    const next = delivered(13, '0A1B2C3D6E', () => 'Nov  2 10:00:02');
    const log = [a1, a2, a3, b1, b2, a4, b3, b4, ...next].join('\n');
    expect(await owners(room, log)).toEqual([A, A, A, B, B, A, B, B, ...Array.from({ length: 4 }, () => '0A1B2C3D6E')]);
  });

  it('a delivery after the next one goes to its own session: fractions of seconds tell', async () => {
    using room = new Room();
    const time = (s: number) => (part: number) => `2026-11-02T10:00:0${s}.${part}00000+00:00`;
    const [a1 = '', a2 = '', a3 = '', a4 = ''] = delivered(13, A, time(1));
    const [b1 = '', b2 = '', b3 = '', b4 = ''] = delivered(13, B, time(2));
    const log = [a1, a3, a4, b1, b2, a2, b3, b4].join('\n');
    expect(await owners(room, log)).toEqual([A, A, A, B, B, A, B, B]);
  });

  it('two programs with one pid on one host do not end each other’s sessions', async () => {
    using room = new Room();
    const [connect = '', accept = '', ...rest] = DELIVERED.trim().replaceAll('lmtp(13)', 'lmtp(10)').split('\n');
    const other = 'Nov  2 10:00:00 mx1 dovecot: lmtp(10): Connect from local';
    const set = await room.index([room.file('mail.log', [connect, other, accept, ...rest].join('\n'))]);
    const [message] = messages(set);
    expect(message?.clientIp).toBe('192.0.2.1');
    expect(set.traceLines(message?.id ?? '').map(({ text }) => text)).toContain(connect);
    await set.close();
  });
});
