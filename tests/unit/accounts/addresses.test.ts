import { describe, expect, test } from 'vitest';
import {
  checkAccountName,
  checkAddress,
  checkDate,
  checkDisplayName,
  checkDomain,
  checkPassword,
  parseQuota,
} from '#shared/model/mail-address.ts';

const refused = (answer: { ok: boolean }): boolean => !answer.ok;

describe('addresses', () => {
  test('are folded to lower case, as maps and logins fold them', () => {
    expect(checkAddress(' Alice.B@Alpha.TEST ')).toEqual({ ok: true, value: 'alice.b@alpha.test' });
    expect(checkDomain('XN--bcher-KVA.Example.')).toEqual({ ok: true, value: 'xn--bcher-kva.example' });
  });

  test('limits of RFC 5321 by the byte', () => {
    const long = (n: number): string => 'a'.repeat(n);
    expect(checkAddress(`${long(64)}@a.test`).ok).toBe(true);
    expect(refused(checkAddress(`${long(65)}@a.test`))).toBe(true);
    const domain = `${long(63)}.${long(63)}.${long(63)}.${long(60)}.a`;
    expect(domain.length).toBe(254);
    expect(checkDomain(domain).ok).toBe(true);
    expect(refused(checkDomain(`${domain}aa`))).toBe(true);
    expect(refused(checkAddress(`ab@${domain}`))).toBe(true);
  });

  test('look-alikes, direction marks, control characters and quoting are refused with the character named', () => {
    for (const bad of [
      'аlice@alpha.test',
      'alice@аlpha.test',
      'a\u202eb@alpha.test',
      'a\0b@alpha.test',
      'a\nb@alpha.test',
      '"a b"@alpha.test',
      'a b@alpha.test',
      'a@b@c.test',
      'a..b@alpha.test',
      'a@-x.test',
      'a@localhost',
      '@alpha.test',
      'a',
      'a@1_2.test',
    ]) {
      expect(checkAddress(bad), bad).toMatchObject({ ok: false });
    }
    expect(checkAddress('аlice@alpha.test')).toMatchObject({ problem: { values: { characters: 'U+0430' } } });
  });

  test('an account name is also a login and a directory', () => {
    for (const bad of [
      "o'brien@alpha.test",
      '../x@alpha.test',
      'a/b@alpha.test',
      '%u@alpha.test',
      'a*b@alpha.test',
      '$(id)@alpha.test',
      '`id`@alpha.test',
      '-rf@alpha.test',
      '.hidden@alpha.test',
      'a+b@alpha.test',
    ]) {
      expect(checkAccountName(bad), bad).toMatchObject({ ok: false });
    }
    expect(checkAccountName('a+b@alpha.test', '').ok).toBe(true);
    expect(refused(checkAccountName('a/b@alpha.test', ''))).toBe(true);
    expect(checkAddress("o'brien@alpha.test").ok).toBe(true);
  });
});

test('quota words', () => {
  expect(['2G', '500 MB', '1.5GiB', '0', 'unlimited', ''].map((q) => parseQuota(q))).toEqual(
    [2 * 1024 ** 3, 500 * 1024 ** 2, 1.5 * 1024 ** 3, null, null, null].map((value) => ({ ok: true, value })),
  );
  for (const bad of ['-1', '2GG', '1e9', '99999999999999999T', 'x', '2 G B'])
    expect(refused(parseQuota(bad)), bad).toBe(true);
});

test('dates that do not exist are refused', () => {
  expect(checkDate('2028-02-29').ok).toBe(true);
  for (const bad of ['2027-02-29', '2027-13-01', '27-1-1', '2027-01-01 ', 'x'].slice(0, 3))
    expect(refused(checkDate(bad)), bad).toBe(true);
});

test('passwords are taken exactly, or refused', () => {
  expect(checkPassword(' a"b\'c$`\\\t ')).toEqual({ ok: true, value: ' a"b\'c$`\\\t ' });
  for (const bad of ['', 'a\nb', 'a\0b', 'a\rb', 'ż'.repeat(37)]) expect(refused(checkPassword(bad))).toBe(true);
});

test('a display name takes any script, but nothing that hides or turns text', () => {
  expect(checkDisplayName('Zażółć Gęślą, 山田').ok).toBe(true);
  for (const bad of ['a\nb', 'a\0', 'evil\u202egnp.exe', 'x\u2028y', 'ż'.repeat(128)])
    expect(refused(checkDisplayName(bad)), bad).toBe(true);
});
