import { LIMITS } from '../limits.ts';

/** A command that was running when the connection it was started by ended. */
export interface Leftover {
  /** Its process groups on the server, as far as they were told: of the command line, and of what sudo runs in it. */
  outer: number | null;
  inner: number | null;
  /** Its output was being read as it came: with nobody to read it, nothing is lost by ending it. */
  streaming: boolean;
  elevated: boolean;
  /** When the connection was lost, as performance.now() tells it. */
  lostAt: number;
}

/** What is done on the server to find out and to end; over the new connection. */
export interface LeftoverHands {
  /** Output of LIST. */
  list(): Promise<string>;
  kill(group: number, signal: 'TERM' | 'KILL', asRoot: boolean): Promise<void>;
}

/** Process, its group, and the seconds since it started, of every process. */
export const LIST = ['/bin/sh', '-c', 'ps -A -o pid= -o pgid= -o etimes= 2>/dev/null; exit 0'] as const;

const LOOK_MS = 250;

/**
 * Settles what a lost connection left running, before anything else is asked on the new one: a command that only
 * streams is ended; any other (a batch of postsuper, a file being replaced) is waited for, since it is about to change
 * what would be read. Resolves to whether all are gone. Never rejects: a server that cannot tell is taken as it is.
 */
export async function settleLeftovers(
  left: readonly Leftover[],
  hands: LeftoverHands,
  signal: AbortSignal,
): Promise<boolean> {
  const until = performance.now() + LIMITS.LEFTOVER_SECONDS * 1000;
  const asked = new Set<Leftover>();
  try {
    for (;;) {
      const table = await hands.list();
      const alive = left.filter((one) => isAlive(one, table, performance.now()));
      if (alive.length === 0) return true;
      if (signal.aborted || performance.now() > until) return false;
      for (const one of alive.filter((other) => other.streaming && !asked.has(other))) {
        asked.add(one);
        await end(one, hands);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } catch {
    return false;
  }
}

async function end({ outer, inner, elevated }: Leftover, hands: LeftoverHands): Promise<void> {
  if (inner !== null) await hands.kill(inner, 'TERM', elevated);
  // Under sudo this is script(1): without it, the kernel hangs up what runs on its terminal (wrap.ts).
  if (outer !== null && outer !== inner) await hands.kill(outer, 'KILL', false);
}

/**
 * Whether one of its process groups is still there. A number may stand for another group by now: then the process that
 * leads it started after the connection was lost, while a number that is in use is not given away.
 */
export function isAlive({ outer, inner, lostAt }: Leftover, table: string, now: number): boolean {
  const rows = table.split('\n').map((line) => line.trim().split(/ +/).map(Number));
  return [outer, inner].some((group) => {
    if (group === null) return false;
    const members = rows.filter(([, pgid]) => pgid === group);
    const leader = members.find(([pid]) => pid === group);
    const seconds = leader?.[2];
    // Whole seconds, of another clock: one of slack.
    const isNew = seconds !== undefined && seconds + 1 < (now - lostAt) / 1000;
    return members.length > 0 && !isNew;
  });
}
