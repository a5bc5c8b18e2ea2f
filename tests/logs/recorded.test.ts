import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { messages, Room } from './helpers.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');

describe('Exim 4.96, recorded', () => {
  it('every arrival is a message, every bounce a child of what it bounced', async () => {
    using room = new Room();
    const path = join(FIXTURES, 'exim-mainlog.log');
    const text = readFileSync(path, 'utf8');
    const set = await room.index([path]);
    const all = messages(set);
    const ids = new Set(all.flatMap((m) => m.queueIds.map((q) => q.id)));
    for (const [, id] of text.matchAll(/^\S+ \S+ (\S{16}) <= /gm)) expect(ids.has(id ?? ''), id).toBe(true);
    for (const [, child, parent] of text.matchAll(/^\S+ \S+ (\S{16}) <= <> R=(\S{16})/gm)) {
      const [c, p] = [child, parent].map((id) => all.find((m) => m.queueIds[0]?.id === id));
      if (p !== undefined) expect(c?.parent, child).toBe(p.id);
    }
    const completed = new Set([...text.matchAll(/^\S+ \S+ (\S{16}) Completed/gm)].map((m) => m[1]));
    const arrived = new Set([...text.matchAll(/^\S+ \S+ (\S{16}) <= /gm)].map((m) => m[1]));
    for (const m of all)
      expect(m.complete, m.queueIds[0]?.id).toBe(completed.has(m.queueIds[0]?.id) && arrived.has(m.queueIds[0]?.id));
    const refused = all.find((m) => m.queueIds[0]?.id === '1xV8NF-00086B-0T');
    expect(refused?.recipients).toMatchObject([{ to: 'nouser@good.example.net', status: 'bounced', dsn: '5.1.1' }]);
    expect(refused?.recipients[0]?.reply).toMatch(/^SMTP error from remote mail server after RCPT TO:.*User unknown/);
    const replies = all.flatMap((m) => m.recipients).map(({ to, reply }) => `${to}: ${reply}`);
    expect(replies).toContain('ok@good.example.net: 250 2.0.0 Ok: queued as 6B02F959');
    await set.close();
  });
});

describe('qmail with taps and big-todo, recorded', () => {
  it('numbered deliveries find their message; bounces and forwards find their parent by process', async () => {
    using room = new Room();
    const path = join(FIXTURES, 'qmail-send.log');
    const text = readFileSync(path, 'utf8');
    const set = await room.index([path]);
    const all = messages(set);
    expect(all).toHaveLength([...text.matchAll(/ new msg /g)].length);
    const tried = all.flatMap((m) => m.recipients).reduce((n, r) => n + r.attempts, 0);
    expect(tried).toBe([...text.matchAll(/ starting delivery /g)].length);
    const bounce = all.find((m) => m.origin === 'notification');
    const parent = all.find((m) => m.id === bounce?.parent);
    expect(parent?.recipients.some((r) => r.status === 'bounced' && r.to.endsWith('ewa@firma.pl'))).toBe(true);
    expect(all.filter((m) => m.origin === 'forward')).toHaveLength(1);
    expect(parent?.recipients.find((r) => r.status === 'bounced')?.reply).toBe('user is over quota');
    await set.close();
  });

  it('refusals name client, sender, recipient and cause', async () => {
    using room = new Room();
    const path = join(FIXTURES, 'qmail-smtpd.log');
    const set = await room.index([path]);
    const rejects = set.traces({ kind: 'reject' }, { limit: 0 });
    expect(rejects.total).toBe(
      [...readFileSync(path, 'utf8').matchAll(/qlog(?:envelope|received): result=rejected/g)].length,
    );
    expect(rejects.traces).toContainEqual(
      expect.objectContaining({
        clientIp: '10.10.0.77',
        from: 'zly@client.example.org',
        to: 'jan@firma.pl',
        code: 553,
      }),
    );
    await set.close();
  });

  it('vchkpw logins are found and no clear password is shown', async () => {
    using room = new Room();
    const path = join(FIXTURES, 'vpopmail-syslog.log');
    const set = await room.index([path]);
    expect(set.traces({ kind: 'login' }).total).toBe(
      [
        ...readFileSync(path, 'utf8').matchAll(
          /vchkpw-\S+: .*(?:login success|password fail|user not found|access denied)/g,
        ),
      ].length,
    );
    for (const [, secret] of readFileSync(path, 'utf8').matchAll(/\(pass: '([^']+)'\)/g)) {
      for (const line of await set.lines('vchkpw')) expect(line.text).not.toContain(`'${secret}'`);
    }
    await set.close();
  });
});
