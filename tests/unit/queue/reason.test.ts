import { describe, expect, test } from 'vitest';
import { normaliseReason } from '#shared/model/reason.ts';

/** Reasons as real servers wrote them; recorded from Postfix 3.7 queues and logs. */
describe('a reason for a delay', () => {
  test.each([
    [
      'connect to down.lab.test[10.77.0.53]:25: Connection refused',
      'connect to down.lab.test: Connection refused',
      null,
    ],
    ['connect to 10.77.0.99[10.77.0.99]:25: No route to host', 'connect to *: No route to host', null],
    [
      'TLS is required, but was not offered by host cli.lab.test[10.77.0.200]',
      'TLS is required, but was not offered by host cli.lab.test',
      null,
    ],
    [
      'host mx1.lab.test[10.77.0.11] said: 451 4.7.1 Try again later (in reply to end of DATA command)',
      '451 4.7.1 Try again later',
      '4.7.1',
    ],
    [
      'host mx1.lab.test[10.77.0.11] said: 450 4.2.0 <u1@gamma.test>: Recipient address rejected: Greylisted (in reply to RCPT TO command)',
      '450 4.2.0 <*>: Recipient address rejected: Greylisted',
      '4.2.0',
    ],
    ['host mx2.lab.test[fd77::12] refused to talk to me: 421 too many connections', '421 too many connections', '421'],
    [
      'delivery temporarily suspended: connect to down.lab.test[10.77.0.53]:25: Connection refused',
      'connect to down.lab.test: Connection refused',
      null,
    ],
    ['', '', null],
  ])('%s', (reason, key, code) => {
    expect(normaliseReason(reason)).toEqual({ key, code });
  });

  test('the codes of a reply of many lines are kept once', () => {
    const reason =
      'host gmail-smtp-in.l.google.com[142.250.27.26] said: 421-4.7.0 [198.51.100.5      15] Our system has detected an unusual rate of 421-4.7.0 unsolicited mail originating from your IP address. To protect our 421 4.7.0 users from spam, mail sent from your IP address has been temporarily. 4640c2xyz12-20020a17.123 - gsmtp (in reply to end of DATA command)';
    const { key, code } = normaliseReason(reason);
    expect(code).toBe('4.7.0');
    expect(key.match(/421/g)).toHaveLength(1);
    expect(key.match(/4\.7\.0/g)).toHaveLength(1);
    expect(key).not.toMatch(/198\.51|4640c2/);
  });

  test.each([
    [
      'host a.test[1.2.3.4] said: 450 4.7.1 <bob@x.test>: queued as 7A1B2C3D4E, wait 300 seconds (in reply to RCPT TO command)',
      'host b.test[5.6.7.8] said: 450 4.7.1 <eve@y.test>: queued as 99FFEE0011, wait 300 seconds (in reply to RCPT TO command)',
    ],
    [
      'host a.test[1.2.3.4] said: 421 4.7.0 Too many messages from 198.51.100.5 in the last 15 minutes (in reply to MAIL FROM command)',
      'host a.test[1.2.3.4] said: 421 4.7.0 Too many messages from 198.51.100.9 in the last 144 minutes (in reply to MAIL FROM command)',
    ],
    [
      'connect to mx.biuro.example[203.0.113.20]:25: Connection timed out',
      'connect to mx.biuro.example[203.0.113.31]:25: Connection timed out',
    ],
    [
      'host a.test[1.2.3.4] said: 451 4.3.0 see https://help.example/a?x=1 (in reply to end of DATA command)',
      'host a.test[1.2.3.4] said: 451 4.3.0 see https://help.example/b?y=2 (in reply to end of DATA command)',
    ],
  ])('alike but for particulars: one key', (a, b) => {
    expect(normaliseReason(a).key).toBe(normaliseReason(b).key);
  });

  test('other hosts that cannot be reached and other answers stay apart', () => {
    const keys = [
      'connect to a.test[1.2.3.4]:25: Connection refused',
      'connect to b.test[1.2.3.4]:25: Connection refused',
      'connect to a.test[1.2.3.4]:25: Connection timed out',
      'host a.test[1.2.3.4] said: 452 4.2.2 mailbox full',
      'host a.test[1.2.3.4] said: 450 4.2.2 mailbox full',
    ].map((reason) => normaliseReason(reason).key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('a stranger’s megabyte of the worst shape comes back', () => {
    for (const piece of ['<', '1.', 'a@', '((((', '421-4.7.0 ', '* ', 'a1', ':', '0:']) {
      expect(typeof normaliseReason(`host a.test[1.2.3.4] said: ${piece.repeat(3_000)}`).key).toBe('string');
    }
  });
});
