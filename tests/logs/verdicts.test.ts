import { describe, expect, it } from 'vitest';
import { messages, Room } from './helpers.ts';

const AT = 'Nov  2 10:00:00 mx1';

/** A message that waits in the queue. */
function queued(id: string): string[] {
  return [
    `${AT} postfix/smtpd[10]: connect from a.example[192.0.2.1]`,
    `${AT} postfix/smtpd[10]: ${id}: client=a.example[192.0.2.1]`,
    `${AT} postfix/cleanup[11]: ${id}: message-id=<one@a.example>`,
    `${AT} postfix/qmgr[12]: ${id}: from=<s@a.example>, size=1234, nrcpt=2 (queue active)`,
  ];
}

describe('what a scanner said', () => {
  it('ClamAV names a virus and no score', async () => {
    using room = new Room();
    const log = [
      ...queued('0A1B2C3D4E').slice(0, 3),
      `${AT} clamav-milter[99]: Message 0A1B2C3D4E from <s@a.example> to <u@b.example> with subject 'x' message-id '<one@a.example>' date 'x' infected by Eicar`,
      `${AT} postfix/cleanup[11]: 0A1B2C3D4E: milter-reject: END-OF-MESSAGE from a.example[192.0.2.1]: 5.7.1 Infected; from=<s@a.example> to=<u@b.example> proto=ESMTP helo=<a.example>`,
    ].join('\n');
    const set = await room.index([room.file('mail.log', log)]);
    const [message] = messages(set);
    expect(message?.verdict).toEqual({ engine: 'clamav', action: 'virus', score: null });
    expect(message?.recipients).toMatchObject([{ to: 'u@b.example', status: 'rejected', dsn: '5.7.1' }]);
    expect(set.traces({ minScore: -1000 }, { limit: 0 }).total).toBe(0);
    expect(set.traces({ maxScore: 1000 }, { limit: 0 }).total).toBe(0);
    await set.close();
  });

  it('amavis hands on one copy for each set of recipients: one trace, every last word', async () => {
    using room = new Room();
    const copy = (id: string, to: string): string[] => [
      `${AT} postfix/smtpd[20]: connect from localhost[127.0.0.1]`,
      `${AT} postfix/smtpd[20]: ${id}: client=localhost[127.0.0.1]`,
      `${AT} postfix/cleanup[11]: ${id}: message-id=<one@a.example>`,
      `${AT} postfix/qmgr[12]: ${id}: from=<s@a.example>, size=1300, nrcpt=1 (queue active)`,
      `${AT} postfix/virtual[15]: ${id}: to=<${to}>, relay=virtual, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to maildir)`,
      `${AT} postfix/qmgr[12]: ${id}: removed`,
    ];
    const smtp = (to: string): string =>
      `${AT} postfix/smtp[14]: 0A1B2C3D4E: to=<${to}>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 0A1B2C3D5E)`;
    const log = [
      ...queued('0A1B2C3D4E'),
      ...copy('0A1B2C3D5E', 'u@b.example'),
      ...copy('0A1B2C3D6E', 'v@b.example'),
      `${AT} amavis[30]: (00030-01) Passed CLEAN {RelayedInbound}, [192.0.2.1]:99 [192.0.2.1] <s@a.example> -> <u@b.example>,<v@b.example>, Queue-ID: 0A1B2C3D4E, Message-ID: <one@a.example>, mail_id: x, Hits: -, size: 1234, queued_as: 0A1B2C3D5E/0A1B2C3D6E, 90 ms`,
      smtp('u@b.example'),
      smtp('v@b.example'),
      `${AT} postfix/qmgr[12]: 0A1B2C3D4E: removed`,
    ].join('\n');
    const set = await room.index([room.file('mail.log', log)]);
    const all = messages(set);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({
      complete: true,
      clientIp: '192.0.2.1',
      verdict: { engine: 'amavis', action: 'pass', score: null },
      queueIds: [
        { id: '0A1B2C3D4E', role: 'in' },
        { id: '0A1B2C3D5E', role: 'after-filter' },
        { id: '0A1B2C3D6E', role: 'after-filter' },
      ],
      recipients: [
        { to: 'u@b.example', status: 'sent', relay: 'virtual' },
        { to: 'v@b.example', status: 'sent', relay: 'virtual' },
      ],
    });
    await set.close();
  });

  it('simscan finds its message, and its refusal is told once', async () => {
    using room = new Room();
    const log = `Nov  2 10:00:00 mx1 qmail: 1793613600.100000 simscan:[500]:CLEAN (1.50/5.00):0.06s:virus:192.0.2.9:bad@a.example:u@b.example
Nov  2 10:00:00 mx1 qmail: 1793613600.200000 simscan:[500]:VIRUS:0.09s:Eicar:192.0.2.9:bad@a.example:u@b.example
Nov  2 10:00:00 mx1 qmail: 1793613600.300000 qlogreceived: result=rejected code=554 reason=queuereject detail=x helo=a.example mailfrom=bad@a.example rcptto=u@b.example relay=no rcpthosts= size= authuser= remoteip=192.0.2.9 remoteport=1 remotehost= qp=501 pid=500
Nov  2 10:00:01 mx1 qmail: 1793613601.100000 simscan:[510]:CLEAN (-1.00/5.00/8.00):0.06s:hello:192.0.2.1:s@a.example:u@b.example
Nov  2 10:00:02 mx1 qmail: 1793613602.100000 new msg 700
Nov  2 10:00:02 mx1 qmail: 1793613602.100000 info msg 700: bytes 900 from <s@a.example> qp 512 uid 89
Nov  2 10:00:02 mx1 qmail: 1793613602.200000 starting delivery 1: msg 700 to local u@b.example
Nov  2 10:00:02 mx1 qmail: 1793613602.300000 delivery 1: success: did_0+0+1/
Nov  2 10:00:02 mx1 qmail: 1793613602.400000 end msg 700
Nov  2 10:00:03 mx1 qmail: 1793613603.100000 new msg 701
Nov  2 10:00:03 mx1 qmail: 1793613603.100000 info msg 701: bytes 900 from <bad@a.example> qp 514 uid 89
Nov  2 10:00:03 mx1 qmail: 1793613603.400000 end msg 701`;
    const set = await room.index([room.file('mail.log', log)]);
    expect(messages(set)).toMatchObject([
      {
        queueIds: [{ id: '700' }],
        clientIp: '192.0.2.1',
        verdict: { engine: 'simscan', action: 'no action', score: -1 },
        recipients: [{ to: 'u@b.example', status: 'sent' }],
      },
      { queueIds: [{ id: '701' }], verdict: null },
    ]);
    expect(set.traces({ kind: 'reject' }, { limit: 0 }).traces).toMatchObject([
      {
        clientIp: '192.0.2.9',
        from: 'bad@a.example',
        to: 'u@b.example',
        code: 554,
        helo: 'a.example',
        reason: 'VIRUS',
      },
    ]);
    await set.close();
  });

  it('SpamAssassin speaks through Exim, also where syslog has written the time already', async () => {
    using room = new Room();
    const log = `Dec 29 15:34:12 mx1 exim[71]: 2026-12-29 15:34:12 1VxHRO-000NiI-Ly SA: Action: flagged as Spam but accepted: score=8.2 required=5.0 (scanned in 6/6 secs | Message-Id: x@example.com). From <a@example.com> (host=mx.example.com [192.0.2.72]) for b@example.net
Dec 29 15:34:13 mx1 exim[71]: 2026-12-29 15:34:13 1VxHRO-000NiI-Ly <= a@example.com H=mx.example.com (helo) [192.0.2.72] P=esmtp S=900 id=x@example.com
Dec 29 15:34:13 mx1 exim[72]: 2026-12-29 15:34:13 1VxHRO-000NiI-Ly => b <b@example.net> R=local T=maildir
Dec 29 15:34:13 mx1 exim[72]: 2026-12-29 15:34:13 1VxHRO-000NiI-Ly Completed`;
    const set = await room.index([room.file('mail.log', log)]);
    expect(messages(set)).toMatchObject([
      {
        complete: true,
        clientIp: '192.0.2.72',
        size: 900,
        start: '2026-12-29T15:34:12.000Z',
        verdict: { engine: 'spamassassin', action: 'spam', score: 8.2 },
        recipients: [{ to: 'b', originalTo: 'b@example.net', status: 'sent' }],
      },
    ]);
    await set.close();
  });
});
