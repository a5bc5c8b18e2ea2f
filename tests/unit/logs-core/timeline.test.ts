import { describe, expect, test } from 'vitest';
import { eventsOf } from '#core/logs/timeline.ts';
import { english } from '#core/words/english.ts';

/** The event of one line, with its English words. */
function told(text: string) {
  const [event] = eventsOf([{ file: 'f', line: 1, offset: 0, time: null, program: null, text }]);
  if (event === undefined) throw new Error('no event');
  return { ...event, what: english(event.what) };
}

const AT = 'Nov  2 10:00:00 mx1';

describe('the timeline tells', () => {
  test.each([
    [
      `${AT} rspamd[15]: <8f>; task; rspamd_task_write_log: id: <a@b>, qid: <0A1B2C3D4E>, ip: 192.0.2.9, from: <v@a.example>, (default: F (no action): [0.67/15.00] [BAYES_HAM(-2.94){99%;}]), len: 9, time: 281.877ms`,
      'filter',
      'rspamd: no action, score 0.67 of 15',
    ],
    [
      '2026-02-01 10:00:02.200 #1001(normal) <d4e5f6>; rspamd_task_write_log: id: <m2@a>, qid: <Q002>, ip: 10.0.0.2, (reject): [18.5/15.0] [GTUBE(3.5)], len: 2345',
      'filter',
      'rspamd: reject, score 18.5 of 15',
    ],
    [
      `${AT} clamav-milter[9]: Message 0A1B2C3D4E from <a@b> to <c@d> with subject 'x' message-id '<m>' date 'x' infected by Win.Eicar`,
      'filter',
      'ClamAV found Win.Eicar',
    ],
    [
      '@400000006b02f8b714c6a82c simscan:[25134]:SPAM REJECT (999.00/5.00/8.00):0.1437s:hi:192.0.2.7:k@a:j@b',
      'filter',
      'simscan: SPAM REJECT (999.00/5.00/8.00)',
    ],
    [`${AT} opendmarc[9]: 0A1B2C3D4E: a.example pass`, 'filter', 'DMARC of a.example: pass'],
    [
      `${AT} postfix/dnsblog[9]: addr 192.0.2.4 listed by domain zen.example as 127.0.0.4`,
      'policy',
      'zen.example lists 192.0.2.4 (127.0.0.4)',
    ],
    [
      `${AT} fail2ban.actions[9]: NOTICE [postfix-sasl] Ban 192.0.2.4`,
      'refused',
      '192.0.2.4 was banned (postfix-sasl)',
    ],
    [
      `${AT} postfix/smtp[9]: connect to mx.a.example[192.0.2.5]:25: Connection timed out`,
      'attempt',
      'No connection to mx.a.example: Connection timed out',
    ],
    [
      '2026-11-22 14:16:57 1xV8NF-00085z-2q <= anna@firma.example H=c [192.0.2.77] P=esmtp S=323 id=x@c',
      'accepted',
      'Accepted from anna@firma.example, 323 bytes',
    ],
    ['2026-11-22 14:16:57 1xV8NF-000862-02 Completed', 'done', 'Finished; removed from the queue'],
    ['@400000006b02f8b5161d106c new msg 2548582', 'queue', 'In the queue as 2548582'],
    [
      `${AT} qmail: 1157520813.485077 starting delivery 19: msg 254 to local ewa@firma.example`,
      'attempt',
      'Delivery 19 begins: to ewa@firma.example',
    ],
  ])('%s', (line, stage, words) => {
    expect(told(line)).toMatchObject({ stage, what: words });
  });

  test('what became of a delivery by Exim, also inside syslog with the time twice', () => {
    const id = '1xV8NF-00087E-15';
    expect(
      told(
        `${AT} exim[81]: 2026-11-02 10:00:00 [81] ${id} == kto@b.example R=dnslookup T=remote_smtp defer (111): Connection refused`,
      ),
    ).toMatchObject({
      host: 'mx1',
      program: 'exim',
      queueId: id,
      to: 'kto@b.example',
      outcome: 'deferred',
      what: 'Not delivered to kto@b.example yet: Connection refused',
    });
    expect(
      told(
        `2026-11-02 10:00:00 ${id} ** x@b.example R=r T=t H=mx.b.example [192.0.2.1]: SMTP error: 550 5.1.1 Unknown`,
      ),
    ).toMatchObject({
      to: 'x@b.example',
      outcome: 'bounced',
      what: 'Given up for x@b.example: SMTP error: 550 5.1.1 Unknown',
    });
    expect(
      told(`2026-11-02 10:00:00 ${id} => ok@b.example R=r T=t H=mx.b.example [192.0.2.1] C="250 2.0.0 Ok"`),
    ).toMatchObject({ outcome: 'sent', what: 'mx.b.example took it for ok@b.example: 250 2.0.0 Ok' });
    expect(
      told('2026-11-02 10:00:00 H=(c) [192.0.2.66] F=<k@c> temporarily rejected RCPT <j@b>: greylisted'),
    ).toMatchObject({ to: 'j@b', outcome: 'greylisted', what: 'Refused at RCPT: greylisted' });
  });

  test('what became of a delivery by qmail, and what its doors refused', () => {
    expect(told('@400000006b02f8b52ae11aac delivery 23: deferral: No_connection._(#4.4.1)/')).toMatchObject({
      outcome: 'deferred',
      what: 'Delivery 23 is put off: No connection. (#4.4.1)/',
    });
    expect(
      told(
        '@400000006b02f8b504e7841c qlogenvelope: result=rejected code=553 reason=qregexbmf detail=z@c helo=c mailfrom=z@c rcptto=jan@b relay=no',
      ),
    ).toMatchObject({ stage: 'refused', to: 'jan@b', outcome: 'rejected', what: 'Refused at RCPT: 553 qregexbmf z@c' });
  });
});
