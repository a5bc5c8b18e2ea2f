import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';

/**
 * What sudo(8) says when it did not run the command. Only lines of sudo itself: a command that ran may print anything,
 * but then sudo has already agreed.
 */
const REFUSALS: readonly [RegExp, Reason][] = [
  [
    /^sudo: (?:a password is required|no password was provided|a terminal is required to read the password)/m,
    'password-required',
  ],
  [/^sudo: (?:\d+ incorrect password attempts?|maximum \d+ incorrect)/m, 'password-refused'],
  [
    /^(?:Sorry, user .* (?:is not allowed to execute|may not run)|.* is not in the sudoers file|sudo: .* is not allowed)/m,
    'not-allowed',
  ],
  [/^sudo: sorry, you must have a tty to run sudo/m, 'tty-required'],
  [/^(?:.*: )?(?:\d+: )?(?:exec: )?sudo: (?:command )?not found/m, 'no-sudo'],
  [/^sudo: .*(?:must be owned by uid 0|unable to initialize|no valid sudoers|effective uid is not 0)/m, 'broken'],
];

export type Reason = 'password-required' | 'password-refused' | 'not-allowed' | 'tty-required' | 'no-sudo' | 'broken';

/** The reason sudo gave for not running the command, or null when it did not refuse. */
export function sudoRefusal(exit: number | null, stdoutBytes: number, stderr: string): Reason | null {
  if (stdoutBytes > 0 || exit === null || exit === 0) return null;
  for (const [pattern, reason] of REFUSALS) if (pattern.test(stderr)) return reason;
  return null;
}

/** The sudoers(5) line that lets this user run exactly this command, and nothing else. */
export function sudoersLine(user: string, argv: readonly string[], password: boolean): string {
  // In a command sudoers reads these specially, and `*?[]!` would match more than was meant (sudoers(5), wildcards). A
  // backslash before any other character is a syntax error, which takes the whole line away (toke.l, GOTCMND). A space
  // inside an argument may stand as it is, since arguments are compared joined by spaces; several in a row may not.
  const escape = (word: string) => word.replace(/\\/g, '\\\\\\\\').replace(/[,:=*?[\]!#\t]|^ | $| (?= )/g, '\\$&');
  const name = user.replace(/[\\,:=*?[\]!#@()" \t]/g, '\\$&');
  const words = argv.map(escape);
  // Without arguments a line would allow any; "" allows none.
  return `${name} ALL=(root) ${password ? '' : 'NOPASSWD: '}${words.length > 1 ? words.join(' ') : `${words[0] ?? ''} ""`}`;
}

/** SUDO_REFUSED, in words by reason, with the line that would allow the command. */
export function sudoFailure(
  reason: Reason,
  facts: { user: string; host: string; argv: readonly string[]; command: string; stderr: string; password: boolean },
): Failure {
  const line = sudoersLine(facts.user, facts.argv, facts.password);
  const detail = { reason, command: facts.command, stderr: facts.stderr, sudoers: line, user: facts.user };
  const values = { user: facts.user, host: facts.host, command: facts.command, line };
  if (reason === 'password-refused') {
    return new Failure(
      'SUDO_REFUSED',
      text(
        /*i18n*/ {
          id: 'ssh.sudo.password',
          message: 'sudo on {host} did not accept the password of {user}; {command} was not run',
        },
        values,
      ),
      {
        hint: text(/*i18n*/ { id: 'ssh.sudo.password.hint', message: 'Enter the password that sudo asks for again' }),
        detail: { ...detail, kind: 'sudo' },
      },
    );
  }
  const allow = text(
    /*i18n*/ { id: 'ssh.sudo.hint', message: 'Have this line added on the server with visudo: {line}' },
    values,
  );
  switch (reason) {
    case 'password-required':
      return new Failure(
        'SUDO_REFUSED',
        text(
          /*i18n*/ {
            id: 'ssh.sudo.required',
            message:
              'sudo on {host} wants a password from {user}, and this server is set up without one; {command} was not run',
          },
          values,
        ),
        { hint: allow, detail },
      );
    case 'no-sudo':
      return new Failure(
        'SUDO_REFUSED',
        text(/*i18n*/ { id: 'ssh.sudo.absent', message: 'There is no sudo on {host}; {command} was not run' }, values),
        {
          hint: text(/*i18n*/ { id: 'ssh.sudo.absent.hint', message: 'Install sudo there, or connect as root' }),
          detail,
        },
      );
    case 'not-allowed':
    case 'tty-required':
    case 'broken':
      return new Failure(
        'SUDO_REFUSED',
        text(
          /*i18n*/ {
            id: 'ssh.sudo.refused',
            message: 'sudo on {host} does not let {user} run this as root; {command} was not run',
          },
          values,
        ),
        { hint: allow, detail },
      );
  }
}

/** A command needs root and the profile says there is no way to it. */
export function noPrivilege(user: string, host: string, argv: readonly string[], command: string): Failure {
  const line = sudoersLine(user, argv, false);
  return new Failure(
    'SUDO_REFUSED',
    text(
      /*i18n*/ {
        id: 'ssh.sudo.none',
        message: '{command} must run as root, and {user} on {host} is set up without sudo; it was not run',
      },
      { user, host, command },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'ssh.sudo.none.hint',
          message: 'Turn sudo on for this server, and have this line added there with visudo: {line}',
        },
        { line },
      ),
      detail: { reason: 'none', command, sudoers: line, user },
    },
  );
}

/** sudo will ask for a password and none is known. */
export function sudoPasswordNeeded(user: string, host: string, port: number, command: string): Failure {
  return new Failure(
    'AUTH_NEEDED',
    text(
      /*i18n*/ {
        id: 'ssh.sudo.needed',
        message: 'sudo on {host} asks {user} for a password and none is known; {command} was not run',
      },
      { user, host, command },
    ),
    {
      hint: text(/*i18n*/ { id: 'ssh.sudo.needed.hint', message: 'Enter the sudo password, then try again' }),
      detail: { kind: 'sudo', hop: null, user, host, port, command },
    },
  );
}
