import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';

/** Words that every shell reads as themselves. */
const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * Quotes one argument for a POSIX shell (XCU 2.2.2). Everything stands between single quotes but the single quote and
 * the backslash, which stand outside and escaped: fish reads backslashes between single quotes, POSIX shells do not,
 * and this form means the same to both. NUL cannot be carried by an argument of execve(2) and is refused.
 */
export function quoteOne(argument: string): string {
  if (argument.includes('\0')) {
    throw new Failure(
      'BAD_INPUT',
      text(/*i18n*/ { id: 'ssh.quote.nul', message: 'A command argument holds a NUL character; nothing was run' }),
      { hint: text(/*i18n*/ { id: 'ssh.quote.nul.hint', message: 'Take the NUL character out of the value' }) },
    );
  }
  if (PLAIN.test(argument)) return argument;
  return argument
    .split(/(['\\])/)
    .map((part) => (part === "'" ? "\\'" : part === '\\' ? '\\\\' : part === '' ? '' : `'${part}'`))
    .join('')
    .replace(/^$/, "''");
}

/** Quotes an argv array as one command line. The one place where quoting for a remote shell is done. */
export function quote(argv: readonly string[]): string {
  return argv.map(quoteOne).join(' ');
}
