import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { quote, quoteOne } from '#remote/ssh/quote.ts';
import { isFailure } from '#shared/model/failure.ts';

/** What a shell makes of a command line: its arguments, NUL-separated by printf. */
function argumentsIn(shell: string, line: string): string[] {
  const out = execFileSync(shell, ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8', maxBuffer: 64 << 20 });
  return out.split('\0').slice(0, -1);
}

const AWKWARD = [
  '',
  ' ',
  "'",
  "''",
  '"',
  '\\',
  "\\'",
  "'\\''",
  '\n',
  'a\nb\n',
  '\r\n',
  '\t',
  '$(touch /tmp/x)',
  '`id`',
  '$HOME',
  '!!',
  '#',
  '~',
  '*',
  '?',
  '[a]',
  '{a,b}',
  ';',
  '&',
  '|',
  '>',
  '<',
  '(',
  '-n',
  '--',
  '=',
  '"we ird"@alpha.test',
  "o'brien@alpha.test",
  'użytkownik@przykład.pl',
  '😀@alpha.test',
  '\u0001\u001b[31m',
  '\u202Eevil',
  '\\n\\0\\c',
];

const SHELLS = ['/bin/sh', '/bin/bash', '/bin/dash', '/usr/bin/zsh', '/usr/bin/fish'].filter(existsSync);

describe.each(SHELLS)('quoting for %s', (shell) => {
  it('carries every awkward argument unchanged', () => {
    expect(argumentsIn(shell, quote(AWKWARD))).toEqual(AWKWARD);
  });

  it('carries thousands of random strings unchanged', () => {
    // Each string: characters that mean something to a shell, mixed with random ones of every plane; no NUL.
    const marks = '\'"\\$`!#&|;<>(){}[]*?~= \n\t-'.split('');
    const random = (): string => {
      const bytes = randomBytes(24);
      return [...bytes]
        .map((byte) => (byte < 160 ? (marks[byte % marks.length] ?? '') : String.fromCodePoint(1 + byte * byte * 7)))
        .filter((char) => char.isWellFormed())
        .join('');
    };
    // Short lines: bash takes far longer for one of 250 strings than for ten of 25.
    for (let round = 0; round < 80; round += 1) {
      const strings = Array.from({ length: 40 }, random);
      expect(argumentsIn(shell, quote(strings))).toEqual(strings);
    }
  }, 60_000);

  it('survives being quoted again for a shell within a shell', () => {
    const line = quote(['/bin/sh', '-c', `printf '%s\\0' ${quote(AWKWARD)}`]);
    const out = execFileSync(shell, ['-c', line], { encoding: 'utf8' });
    expect(out.split('\0').slice(0, -1)).toEqual(AWKWARD);
  });
});

describe('quoting', () => {
  it('leaves plain words readable', () => {
    expect(quote(['/usr/sbin/postsuper', '-d', '-'])).toBe('/usr/sbin/postsuper -d -');
  });

  it('refuses NUL, which no argument can carry', () => {
    let thrown: unknown;
    try {
      quoteOne('a\0b');
    } catch (error) {
      thrown = error;
    }
    expect(isFailure(thrown, 'BAD_INPUT')).toBe(true);
  });
});
