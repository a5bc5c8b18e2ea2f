import { expect, test } from 'vitest';
import { Passwords, randomPassword } from '#core/accounts/passwords.ts';
import { schemeFor } from '#drivers/postfix-dovecot/accounts/hash.ts';

test('made passwords are told once, given ones never', () => {
  const passwords = new Passwords();
  const { secretId, generated } = passwords.prepare([
    { address: 'A@x.test', password: null },
    { address: 'b@x.test', password: 'own' },
  ]);
  expect(generated).toBe(1);
  expect(passwords.take(secretId).get('b@x.test')).toBe('own');
  passwords.forget(secretId);
  const told = passwords.tellGenerated(secretId);
  expect(told.map(({ address }) => address)).toEqual(['a@x.test']);
  expect(told[0]?.password).toMatch(/^([a-zA-Z2-9]{5}-){3}[a-zA-Z2-9]{5}$/);
  expect(passwords.tellGenerated(secretId)).toEqual([]);
  passwords.forget(secretId);
  expect(() => passwords.take(secretId)).toThrow('no longer in memory');
});

test('random passwords do not repeat', () => {
  expect(new Set(Array.from({ length: 1000 }, randomPassword)).size).toBe(1000);
});

test('an unusable password is refused before anything is kept', () => {
  expect(() => new Passwords().prepare([{ address: 'a@x.test', password: 'a\nb' }])).toThrow('line end');
});

test('the scheme follows the entries, then the configuration, and never a weak one', () => {
  expect(schemeFor(['{BLF-CRYPT}$2y$05$x', '{SHA512-CRYPT}$6$x', '{blf-crypt}!$2y$'], 'PLAIN')).toBe('BLF-CRYPT');
  expect(schemeFor(['$5$salt$hash', '!$5$a$b'], 'MD5-CRYPT')).toBe('SHA256-CRYPT');
  expect(schemeFor([], 'sha256-crypt')).toBe('SHA256-CRYPT');
  expect(schemeFor(['{PLAIN}x', '{MD5}y'], 'MD5-CRYPT')).toBe('SHA512-CRYPT');
});
