import { describe, expect, it } from 'vitest';
import { redact, REDACTED } from '#remote/redact.ts';

describe('redact', () => {
  it('takes out known secrets, plain and in base64, the longer one first', () => {
    const out = redact('a hunter2 b hunter2-long c aHVudGVyMi1sb25n d', ['hunter2', 'hunter2-long']);
    expect(out).toBe(`a ${REDACTED} b ${REDACTED} c ${REDACTED} d`);
  });

  it('does not search for secrets so short that replacing them would tell more', () => {
    expect(redact('a message about a', ['a'])).toBe('a message about a');
  });

  it.each([
    // Postfix at debug_peer_level 2, as recorded from a server; the argument is base64 of the login and the password.
    [
      '< cli.lab.test[10.77.0.200]: AUTH PLAIN AGFsaWNlQGFscGhhLnRlc3QAcHc=',
      `< cli.lab.test[10.77.0.200]: AUTH PLAIN ${REDACTED}`,
    ],
    ['AUTHENTICATE "PLAIN" "AGFsaWNlAHB3"', `AUTHENTICATE "PLAIN" ${REDACTED}`],
    ['mysql://postfix:s3cret@127.0.0.1/mail', `mysql://postfix:${REDACTED}@127.0.0.1/mail`],
    [
      'auth: plain(alice,10.0.0.1): (given password: hunter2)',
      `auth: plain(alice,10.0.0.1): (given password: ${REDACTED})`,
    ],
    ["sql(alice): (pass: 'hunter 2')", `sql(alice): (pass: ${REDACTED})`],
    ['password = hunter2', `password = ${REDACTED}`],
    ['{"password":"hunter \\t2","user":"a"}', `{"password":${REDACTED},"user":"a"}`],
    ['Authorization: Basic YTpi', `Authorization: Basic ${REDACTED}`],
    ['Authorization: X-Dovecot-API bGFia2V5', `Authorization: X-Dovecot-API ${REDACTED}`],
  ])('takes out what looks like one: %s', (given, wanted) => {
    expect(redact(given)).toBe(wanted);
  });

  it('takes out private keys, also cut short ones', () => {
    const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----';
    expect(redact(`x ${key} y`)).toBe(`x -----BEGIN OPENSSH PRIVATE KEY----- ${REDACTED} y`);
    expect(redact(`x ${key.slice(0, 60)}`)).not.toContain('b3Blbn');
  });

  it('leaves ordinary words of mail servers alone', () => {
    const words =
      'postsuper: BE745302: removed\nsudo: a password is required\nwarning: unknown[203.0.113.9]: SASL LOGIN authentication failed';
    expect(redact(words)).toBe(words);
  });
});
