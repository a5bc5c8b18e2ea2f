import { describe, expect, it } from 'vitest';
import { english } from '#core/words/english.ts';
import { messages, Room } from './helpers.ts';

/** A message of Postfix whose delivery says `said`; `end`: what the log says after it. */
function mail(n: number, said: string, end: 'removed' | 'waits' | 'bounced'): string {
  const id = `0A1B2C${(0x1000 + n).toString(16).toUpperCase()}`;
  const at = (second: number): string => `Nov  2 10:${String(n).padStart(2, '0')}:0${second} mx1 postfix`;
  const lines = [
    `${at(0)}/smtpd[${n + 100}]: ${id}: client=a.example[192.0.2.1]`,
    `${at(0)}/cleanup[11]: ${id}: message-id=<${n}@a.example>`,
    `${at(0)}/qmgr[12]: ${id}: from=<s@a.example>, size=1234, nrcpt=1 (queue active)`,
    `${at(1)}/smtp[14]: ${id}: ${said}`,
  ];
  const child = id.replace('0A', '0F');
  if (end === 'bounced')
    lines.push(
      `${at(1)}/cleanup[11]: ${child}: message-id=<b${n}@mx1>`,
      `${at(1)}/bounce[15]: ${id}: sender non-delivery notification: ${child}`,
      `${at(1)}/qmgr[12]: ${child}: from=<>, size=3000, nrcpt=1 (queue active)`,
    );
  if (end !== 'waits') lines.push(`${at(1)}/qmgr[12]: ${id}: removed`);
  return `${lines.join('\n')}\n`;
}

const delays = 'delay=1, delays=0.5/0/0/0.5';
const CASES: readonly (readonly [string, 'removed' | 'waits' | 'bounced', string])[] = [
  [
    `to=<u@b.example>, relay=mx.b.example[192.0.2.9]:25, ${delays}, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4BxYz)`,
    'removed',
    'Delivered to u@b.example: mx.b.example took it as 4BxYz.',
  ],
  [
    `to=<u@b.example>, relay=mx1[private/dovecot-lmtp], ${delays}, dsn=2.0.0, status=sent (250 2.0.0 <u@b.example> x Saved)`,
    'removed',
    'Delivered to u@b.example on this server.',
  ],
  [
    `to=<u@gmail.com>, relay=gmail-smtp-in.l.google.com[192.0.2.9]:25, ${delays}, dsn=4.7.28, status=deferred (host gmail-smtp-in.l.google.com[192.0.2.9] said: 421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP address. (in reply to end of DATA command))`,
    'waits',
    'Gmail (gmail-smtp-in.l.google.com) asked to retry later (4.7.28, rate limit); 1 attempt so far for u@gmail.com. The server tries again by itself. If it lasts, send to this domain more slowly.',
  ],
  [
    `to=<u@b.example>, relay=none, ${delays}, dsn=4.4.1, status=deferred (connect to mx.b.example[192.0.2.9]:25: Connection timed out)`,
    'waits',
    'mx.b.example could not be reached (4.4.1, connection timed out); 1 attempt so far for u@b.example. The server tries again by itself. If it lasts, check the way from here to mx.b.example.',
  ],
  [
    `to=<u@b.example>, relay=none, ${delays}, dsn=4.4.1, status=deferred (delivery temporarily suspended: connect to mx.b.example[192.0.2.9]:25: Connection refused)`,
    'waits',
    'Waiting for mx.b.example: deliveries there failed a short while ago; no new attempt yet for u@b.example (4.4.1, connection refused). The server tries again by itself. If it lasts, check the way from here to mx.b.example.',
  ],
  [
    `to=<u@b.example>, relay=mx.b.example[192.0.2.9]:25, ${delays}, dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.9] said: 550 5.1.1 <u@b.example>: Recipient address rejected: User unknown in virtual mailbox table (in reply to RCPT TO command))`,
    'bounced',
    'mx.b.example refused it for good for u@b.example (5.1.1, no such mailbox). The sender was told. Check the address.',
  ],
  [
    `to=<u@b.example>, relay=mx.b.example[192.0.2.9]:25, ${delays}, dsn=5.0.0, status=bounced (host mx.b.example[192.0.2.9] said: 554 Go elsewhere (in reply to MAIL FROM:<s@a.example> SIZE=1410 command))`,
    'removed',
    'mx.b.example refused it for good for u@b.example (5.0.0, “Go elsewhere”). This log shows no notice to the sender. If the reply is not clear, ask the postmaster of mx.b.example.',
  ],
  [
    `to=<u@b.example>, relay=none, ${delays}, dsn=5.4.4, status=bounced (Host or domain name not found. Name service error for name=b.example type=A: Host not found)`,
    'bounced',
    'It could not be delivered to u@b.example (5.4.4, the domain or its mail server is not found in DNS). The sender was told. Check the spelling of the domain, and its DNS.',
  ],
  [
    `to=<u@b.example>, relay=none, ${delays}, dsn=5.4.6, status=bounced (mail for b.example loops back to myself)`,
    'bounced',
    'It could not be delivered to u@b.example (5.4.6, mail loop). The sender was told. Check forwards, and which domains each server takes as its own.',
  ],
  [
    `to=<u@b.example>, relay=mx.b.example[192.0.2.9]:25, ${delays}, dsn=5.7.1, status=bounced (host mx.b.example[192.0.2.9] said: 554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org (in reply to RCPT TO command))`,
    'bounced',
    'mx.b.example refused it for good for u@b.example (5.7.1, listed by zen.spamhaus.org). The sender was told. Have the sending address taken off the list, then send again.',
  ],
  [
    `to=<u@b.example>, relay=mx.b.example[192.0.2.9]:25, ${delays}, dsn=5.7.26, status=bounced (host mx.b.example[192.0.2.9] said: 550-5.7.26 Your email has been blocked because the sender is unauthenticated. SPF and DKIM did not pass (in reply to end of DATA command))`,
    'bounced',
    'mx.b.example refused it for good for u@b.example (5.7.26, SPF, DKIM or DMARC failed). The sender was told. Check SPF, DKIM and DMARC of the sender’s domain.',
  ],
  [
    `to=<u@b.example>, relay=mx1[private/dovecot-lmtp], ${delays}, dsn=4.2.2, status=deferred (host mx1[private/dovecot-lmtp] said: 452 4.2.2 <u@b.example> Quota exceeded (mailbox for user is full) (in reply to RCPT TO command))`,
    'waits',
    'mx1 asked to retry later (4.2.2, mailbox full); 1 attempt so far for u@b.example. The server tries again by itself. The recipient must make room.',
  ],
  [
    `to=<u@b.example>, relay=mx.b.example[192.0.2.9]:25, ${delays}, dsn=4.7.1, status=deferred (host mx.b.example[192.0.2.9] said: 450 4.7.1 Operated by a generated integration (in reply to RCPT TO command))`,
    'removed',
    'mx.b.example asked to retry later (4.7.1, “Operated by a generated integration”); 1 attempt so far for u@b.example. It has left the queue since: somebody deleted it there or gave it up.',
  ],
];

describe('the sentence about a message', () => {
  it('names who, for whom, why and what to do, and claims no more than the log holds', async () => {
    using room = new Room();
    const text = CASES.map(([said, end], n) => mail(n, said, end)).join('');
    // a line of the next day: by then every attempt that the defaults foresee would have been made
    const set = await room.index([
      room.file('mail.log', `${text}Nov  3 12:00:00 mx1 postfix/anvil[9]: statistics: x\n`),
    ]);
    const told = messages(set)
      .filter((each) => each.origin !== 'notification')
      .map((each) => english(each.explanation));
    expect(told).toEqual(CASES.map(([, , sentence]) => sentence));
    await set.close();
  });

  it('says when Postfix tries again, as long as the log has not gone past it', async () => {
    using room = new Room();
    const [, , waits] = CASES;
    const set = await room.index([room.file('mail.log', mail(7, waits?.[0] ?? '', 'waits'))]);
    expect(english(messages(set)[0]?.explanation ?? { id: '', message: '', values: {} })).toContain(
      'The server tries again by itself, with the default backoff of Postfix at about 10:12.',
    );
    await set.close();
  });
});

describe('the sentence about a refusal', () => {
  it('names the client, the cause and who can mend it', async () => {
    using room = new Room();
    const refused = (code: string): string =>
      `Nov  2 10:00:00 mx1 postfix/smtpd[10]: NOQUEUE: reject: RCPT from a.example[192.0.2.1]: ${code}; from=<s@a.example> to=<u@b.example> proto=ESMTP helo=<a.example>\n`;
    const said = [
      '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org',
      '550 5.1.1 <u@b.example>: Recipient address rejected: User unknown in virtual mailbox table',
      '554 5.7.1 <u@b.example>: Relay access denied',
      '504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname',
      '450 4.1.8 <s@a.example>: Sender address rejected: Domain not found',
    ];
    const set = await room.index([room.file('mail.log', said.map(refused).join(''))]);
    const { traces } = set.traces({ kind: 'reject' }, { limit: 0, sort: { by: 'start', descending: false } });
    expect(traces.map((each) => ('explanation' in each ? english(each.explanation) : ''))).toEqual([
      'a.example [192.0.2.1] was refused with mail for u@b.example (5.7.1, listed by zen.spamhaus.org); nothing was accepted. Its operator must have the address taken off the list; or allow it here if it is wanted.',
      'a.example [192.0.2.1] was refused with mail for u@b.example (5.1.1, no such mailbox); nothing was accepted. If the address should exist, make the mailbox or alias.',
      'a.example [192.0.2.1] was refused with mail for u@b.example (5.7.1, relaying not allowed); nothing was accepted. A user of this server must log in to send elsewhere; otherwise add the domain to those it serves.',
      'a.example [192.0.2.1] was refused with mail for u@b.example (5.5.2, “Helo command rejected: need fully-qualified hostname”); nothing was accepted. Its operator must correct that server; or allow it here if it is wanted.',
      'a.example [192.0.2.1] was turned away for now with mail for u@b.example (4.1.8, the domain or its mail server is not found in DNS); it may try again. The sender’s address must be one that can be answered.',
    ]);
    await set.close();
  });
});

describe('the sentence about a message of qmail', () => {
  it('tells a mailbox here from another server, and asks nobody to wait for Postfix', async () => {
    using room = new Room();
    const text = [
      'new msg 77',
      'info msg 77: bytes 300 from <s@a.example> qp 500 uid 64011',
      'starting delivery 1: msg 77 to remote u@b.example',
      'starting delivery 2: msg 77 to local v@a.example',
      'delivery 2: success: did_0+0+1/',
      'delivery 1: success: 192.0.2.9_accepted_message./Remote_host_said:_250_2.0.0_Ok:_queued_as_6B02F959/',
      'end msg 77',
      'new msg 78',
      'info msg 78: bytes 300 from <s@a.example> qp 501 uid 64011',
      'starting delivery 3: msg 78 to remote w@b.example',
      'delivery 3: success: 192.0.2.9_accepted_message./Remote_host_said:_250_2.0.0_Ok:_queued_as_6B02F95A/',
      'end msg 78',
      'new msg 79',
      'info msg 79: bytes 300 from <s@a.example> qp 502 uid 64011',
      'starting delivery 4: msg 79 to remote x@b.example',
      "delivery 4: deferral: Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/",
    ];
    const log = text.map((line, i) => `@400000006b02f8d${i.toString(16)}00000000 ${line}\n`).join('');
    const set = await room.index([room.file('current', log)]);
    expect(messages(set).map((each) => english(each.explanation))).toEqual([
      'Delivered to all 2 recipients.',
      'Delivered to w@b.example: 192.0.2.9 took it as 6B02F95A.',
      'b.example could not be reached (4.4.1, no connection); 1 attempt so far for x@b.example. The server tries again by itself. If it lasts, check the way from here to b.example.',
    ]);
    await set.close();
  });
});
