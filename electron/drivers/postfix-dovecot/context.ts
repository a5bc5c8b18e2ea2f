import type { Readable } from 'node:stream';
import type { Machine, RemoteProcess, RemoteResult } from '#remote/machine.ts';
import type { RanCommand } from '#shared/model/change.ts';
import { isFailure } from '#shared/model/failure.ts';
import type { Text } from '#shared/model/text.ts';
import { type RootCommand, rootCommands } from './commands.ts';
import { type Facts, readFacts, USUAL_FACTS } from './facts.ts';
import { LIMITS } from './limits.ts';

/** What the verbs of one session share: the machine, and what is known of it. */
export class Context {
  readonly machine: Machine;
  #facts: Promise<Facts> | null = null;
  #known: Facts | null = null;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** Read from the server at the first call; `fresh` reads again. */
  facts(signal: AbortSignal, fresh = false): Promise<Facts> {
    if (this.#facts === null || fresh) {
      const asked = readFacts(this.machine, signal);
      this.#facts = asked;
      // A failed reading is not kept: the next verb asks again.
      void this.#keep(asked);
    }
    return this.#facts;
  }

  async #keep(asked: Promise<Facts>): Promise<void> {
    try {
      this.#known = await asked;
    } catch {
      if (this.#facts === asked) this.#facts = null;
    }
  }

  /** What is known without asking: the usual places until the server has been asked. */
  get known(): Facts {
    return this.#known ?? USUAL_FACTS;
  }

  /** Whether commands can run as root here at all. */
  get canRoot(): boolean {
    return this.machine.privilege !== 'none';
  }

  /** Whether queue files can be looked at: root, and the GNU tools that do it. */
  async canLook(signal: AbortSignal): Promise<boolean> {
    const { gnu, paths } = await this.facts(signal);
    return this.canRoot && gnu.grep && paths.xargs !== undefined;
  }
}

export interface RootRun {
  name: string;
  stdin?: string | Uint8Array | Readable;
  /** What the standard input is, for the journal. Needed where `watch` is given and there is one. */
  stdinIs?: Text;
  signal?: AbortSignal;
  deadline?: number;
  maxOutput?: number;
  okExit?: readonly number[];
}

/** Runs one of the root commands to its end. */
export async function runRoot(context: Context, command: RootCommand, run: RootRun): Promise<RemoteResult> {
  const facts = await context.facts(run.signal ?? new AbortController().signal);
  const { stdinIs: _, ...rest } = run;
  return context.machine.run({ ...rest, argv: rootCommands(facts)[command].argv, root: true });
}

/** Starts one of the root commands. */
export async function startRoot(context: Context, command: RootCommand, run: RootRun): Promise<RemoteProcess> {
  const facts = await context.facts(run.signal ?? new AbortController().signal);
  const { stdinIs: _, ...rest } = run;
  return context.machine.start({ ...rest, argv: rootCommands(facts)[command].argv, root: true });
}

/** A finished command, as the journal keeps it. */
export function asRan(result: RemoteResult, stdin: RanCommand['stdin'], output = result.stderr): RanCommand {
  return {
    command: result.command,
    stdin,
    exit: result.exit,
    signal: result.signal,
    ms: result.ms,
    output: endOf(output),
  };
}

/** A command that failed, as the journal keeps it: with what the failure knows of it. */
export function asFailed(command: string, stdin: RanCommand['stdin'], since: number, error: unknown): RanCommand {
  const detail = isFailure(error) ? error.detail : {};
  const { exit, signal, stderr } = detail;
  return {
    command,
    stdin,
    exit: typeof exit === 'number' ? exit : null,
    signal: typeof signal === 'string' ? signal : null,
    ms: performance.now() - since,
    output: endOf(typeof stderr === 'string' ? stderr : error instanceof Error ? error.message : String(error)),
  };
}

/** The last lines of an output: as many whole ones as are kept, since what went wrong is said last. */
function endOf(output: string): string {
  const kept = output.slice(-LIMITS.OUTPUT_KEPT);
  const cut = kept.length < output.length ? kept.indexOf('\n') + 1 : 0;
  return kept.slice(cut).trim();
}
