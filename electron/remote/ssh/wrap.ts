import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import { LIMITS } from '../limits.ts';
import { quote } from './quote.ts';

/** How a command becomes root on this machine. */
export type Elevation = 'none' | 'sudo' | 'sudo-password';

export interface Wrapped {
  /** The whole command line for the remote login shell. */
  line: string;
  /** What marks the line of standard error that tells the process id; that line is taken out again. */
  mark: string;
  /** What sudo prints when it wants the password; null: it is not expected to ask. */
  prompt: string | null;
}

/** The command as people see it, in plans and journals. */
export function shown(argv: readonly string[], elevation: Elevation): string {
  return quote([...sudoArgv(elevation, ''), ...argv]);
}

/**
 * The command line as it is sent.
 *
 * - `/bin/sh -c` because the login shell may be any; only its quoting is relied on.
 * - The process id is told first: sshd forwards no signals for root, and before OpenSSH 7.9 for nobody, so commands
 *   must also be ended by kill(1).
 * - LC_ALL=C: what is parsed must not be translated.
 * - Under sudo the command belongs to root, and signals of the login user need not reach it. A terminal does: when it
 *   goes away, the kernel itself hangs up everything in its session. So script(1), which we may end, holds a terminal
 *   that nothing reads or writes, while standard input, output and error go past it unchanged as 3, 4 and 5.
 *
 * @param hold script(1) works on this machine.
 */
export function wrap(argv: readonly string[], elevation: Elevation, hold: boolean, nonce: string): Wrapped {
  checkArgv(argv);
  return build(argv, elevation, hold, nonce);
}

/** `sudo -v`: checks the password and runs nothing. */
export function wrapSudoCheck(hold: boolean, nonce: string): Wrapped {
  return build(['-v'], 'sudo-password', hold, nonce);
}

function build(argv: readonly string[], elevation: Elevation, hold: boolean, nonce: string): Wrapped {
  const mark = `pd:${nonce}`;
  const prompt = elevation === 'sudo-password' ? `pd:${nonce}?` : null;
  const command = `LC_ALL=C;export LC_ALL;exec ${quote([...sudoArgv(elevation, prompt ?? ''), ...argv])}`;
  const script = elevation !== 'none' && hold ? held(mark, command) : `echo ${mark} $$ >&2;${command}`;
  const line = quote(['exec', '/bin/sh', '-c', script]);
  const bytes = Buffer.byteLength(line);
  if (bytes > LIMITS.COMMAND_LINE_BYTES) throw tooLong(bytes);
  return { line, mark, prompt };
}

/** The mark's line tells two process ids here: of script(1), and of sudo on its terminal. */
function held(mark: string, command: string): string {
  const inner = `exec 0<&3 1>&4 2>&5 3<&- 4>&- 5>&-;echo ${mark} $PD $$ >&2;unset PD;${command}`;
  const script = quote([SCRIPT, '-qec', inner, '/dev/null']);
  return `exec 3<&0 4>&1 5>&2;PD=$$;SHELL=/bin/sh;export PD SHELL;exec ${script} </dev/null >/dev/null 2>&1`;
}

const SCRIPT = '/usr/bin/script';

/** Exits 7 where script(1) is util-linux's and terminals can be had; busybox's has no -e. */
export const HOLD_PROBE = quote([
  'exec',
  '/bin/sh',
  '-c',
  `${SCRIPT} -qec 'exit 7' /dev/null </dev/null >/dev/null 2>&1`,
]);
export const HOLD_PROBE_EXIT = 7;

function sudoArgv(elevation: Elevation, prompt: string): string[] {
  switch (elevation) {
    case 'none':
      return [];
    case 'sudo':
      return ['sudo', '-n'];
    case 'sudo-password':
      // -k: never a cached password, so that it is known what the first line of standard input is for.
      return prompt === '' ? ['sudo', '-S', '-k'] : ['sudo', '-S', '-k', '-p', prompt];
  }
}

function checkArgv(argv: readonly string[]): void {
  const [program] = argv;
  if (program?.startsWith('/')) return;
  throw new Failure(
    'BAD_INPUT',
    text(
      /*i18n*/ {
        id: 'ssh.argv.absolute',
        message: 'Expected a program by its absolute path, got {program}; nothing was run',
      },
      { program: program ?? '' },
    ),
  );
}

function tooLong(bytes: number): Failure {
  return new Failure(
    'LIMIT',
    text(
      /*i18n*/ {
        id: 'ssh.argv.long',
        message: 'The command line has {bytes} bytes, more than the {limit} a server takes; nothing was run',
      },
      { bytes, limit: LIMITS.COMMAND_LINE_BYTES },
    ),
  );
}
