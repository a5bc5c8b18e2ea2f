import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { sudoersLine, sudoRefusal } from '#remote/ssh/sudo.ts';
import { shown, wrap } from '#remote/ssh/wrap.ts';

describe('what sudo says when it refuses', () => {
  it.each([
    // Each as sudo 1.9.13 prints it.
    ['sudo: a password is required\n', 'password-required'],
    ['Sorry, try again.\n\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n', 'password-required'],
    ['Sorry, try again.\nsudo: 1 incorrect password attempt\n', 'password-refused'],
    ['Sorry, user plain may not run sudo on mx1.\n', 'not-allowed'],
    ["Sorry, user limited is not allowed to execute '/usr/bin/id -un' as root on mx1.\n", 'not-allowed'],
    ['plain is not in the sudoers file.\n', 'not-allowed'],
    ['/bin/sh: 1: exec: sudo: not found\n', 'no-sudo'],
    ['bash: line 1: sudo: command not found\n', 'no-sudo'],
  ])('%j', (stderr, reason) => {
    expect(sudoRefusal(1, 0, stderr)).toBe(reason);
  });

  it('does not take words of the command itself for a refusal', () => {
    expect(sudoRefusal(1, 0, 'postcat: fatal: open queue file DEADBEEF: No such file or directory\n')).toBeNull();
    expect(sudoRefusal(1, 0, 'postcat: sudo: a password is required\n')).toBeNull();
    expect(sudoRefusal(0, 0, 'sudo: a password is required\n')).toBeNull();
    expect(sudoRefusal(1, 12, 'sudo: a password is required\n')).toBeNull();
  });
});

describe('a command line', () => {
  it('is shown with sudo as it runs, and never with a secret', () => {
    expect(shown(['/usr/sbin/postsuper', '-d', '-'], 'sudo')).toBe('sudo -n /usr/sbin/postsuper -d -');
    expect(shown(['/usr/sbin/postsuper', '-d', '-'], 'sudo-password')).toBe('sudo -S -k /usr/sbin/postsuper -d -');
    expect(shown(['/bin/echo', "it's"], 'none')).toBe("/bin/echo 'it'\\''s'");
  });

  it('is run by a shell with its arguments as given, its process id told, and in the C locale', () => {
    const { line, mark } = wrap(
      ['/usr/bin/env', 'sh', '-c', 'printf "%s|" "$@" "$LC_ALL"', '0', "a'b", '$x\n'],
      'none',
      true,
      'ab',
    );
    const out = execFileSync('/bin/sh', ['-c', `(${line}) 2>&1`], { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } });
    expect(out).toMatch(new RegExp(`^${mark} \\d+\\n`));
    expect(out.split('\n').slice(1).join('\n')).toBe("a'b|$x\n|C|");
  });

  it('is refused without an absolute program, and when it is longer than a server takes', () => {
    expect(() => wrap(['postqueue', '-j'], 'none', false, 'ab')).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT' }),
    );
    expect(() => wrap([], 'none', false, 'ab')).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    expect(() => wrap(['/bin/echo', 'x'.repeat(130_000)], 'none', false, 'ab')).toThrow(
      expect.objectContaining({ code: 'LIMIT' }),
    );
  });
});

describe('the sudoers line', () => {
  it('allows this command with these arguments alone', () => {
    expect(sudoersLine('ops', ['/usr/sbin/postsuper', '-d', '-'], false)).toBe(
      'ops ALL=(root) NOPASSWD: /usr/sbin/postsuper -d -',
    );
    expect(sudoersLine('ops', ['/usr/bin/id'], true)).toBe('ops ALL=(root) /usr/bin/id ""');
  });

  it('makes nothing of what sudoers would read specially', () => {
    expect(sudoersLine('ops', ['/bin/x', '*', 'a,b', 'c:d', 'e=f'], false)).toBe(
      String.raw`ops ALL=(root) NOPASSWD: /bin/x \* a\,b c\:d e\=f`,
    );
  });
});
