/**
 * Scripts that run as root and are too long to stand in sudoers(5) word for word. What is named there is a loader with
 * the script's length and SHA-256: it reads that many bytes of standard input, runs them if their digest is that one, and
 * nothing otherwise. So a line of sudoers allows one script, of one version, and its data follow it on standard input.
 */
import { createHash } from 'node:crypto';
import type { Machine, RemoteCommand, RemoteProcess, RemoteResult } from '#remote/machine.ts';
import type { CapabilityId } from '#shared/model/server.ts';

export interface RootScript {
  /** As it goes by in messages, and in sudoers. */
  name: string;
  argv: readonly string[];
  source: string;
  /** What the console cannot do without it. */
  serves: readonly CapabilityId[];
}

/**
 * One line and without backslashes, as it stands in sudoers. The first command ends a loader that was cut at a space,
 * which sudo would allow (see commands.ts). `$()` takes line ends off the end, hence the dot behind the last byte.
 */
const loader = (name: string): string =>
  `test "$0" = ${name} || exit 64; PATH=/usr/sbin:/usr/bin:/sbin:/bin; s=$(head -c "$1"; echo .); s=\${s%.}; ` +
  'test "$(printf %s "$s" | sha256sum | cut -c 1-64)" = "$2" || exit 64; shift 2; eval "$s"';

export function rootScript(name: string, serves: readonly CapabilityId[], source: string): RootScript {
  // dash counts bytes where other shells count characters
  if (!/^[\n\x20-\x7e]*$/.test(source)) throw new RangeError(`${name} is not plain ASCII`);
  const digest = createHash('sha256').update(source, 'latin1').digest('hex');
  return { name, source, serves, argv: ['/bin/sh', '-c', loader(name), name, String(source.length), digest] };
}

export interface ScriptRun extends Omit<RemoteCommand, 'argv' | 'root' | 'stdin'> {
  /** What the script reads. */
  data?: string | Uint8Array;
}

const commandOf = (script: RootScript, { data = '', ...rest }: ScriptRun): RemoteCommand => ({
  ...rest,
  argv: script.argv,
  root: true,
  stdin: Buffer.concat([Buffer.from(script.source, 'latin1'), Buffer.from(data as Uint8Array)]),
});

/** One line for a script to read. Throws RangeError for a value that would be more than one. */
export function lineOf(value: string): string {
  if (/[\n\0]/.test(value)) throw new RangeError('a line cannot hold a line end');
  return `${value}\n`;
}

/** Runs a script to its end. */
export function runScript(machine: Machine, script: RootScript, run: ScriptRun): Promise<RemoteResult> {
  return machine.run(commandOf(script, run));
}

/** Starts a script. */
export function startScript(machine: Machine, script: RootScript, run: ScriptRun): Promise<RemoteProcess> {
  return machine.start(commandOf(script, run));
}
