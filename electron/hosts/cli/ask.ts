import { createInterface } from 'node:readline/promises';
import { inert } from './inert.ts';

/** Is there a person to ask? Both ways are needed: the question goes to standard error, the answer comes in. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks a question; answers what was typed, nothing at end of input. Rejects when the signal aborts (Ctrl-C). */
export async function ask(question: string, signal: AbortSignal): Promise<string> {
  // terminal: false leaves Ctrl-C to the system, which makes it the same signal as everywhere else.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  try {
    return await Promise.race([lines.question(`${inert(question)} `, { signal }), ended]);
  } finally {
    lines.close();
  }
}

/** Asks for a secret without showing it. */
export function askSecret(question: string, signal: AbortSignal): Promise<string> {
  const { stdin, stderr } = process;
  return new Promise((resolve, reject) => {
    let typed = '';
    const finish = (act: () => void) => {
      stdin.off('data', take);
      signal.removeEventListener('abort', abort);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      act();
    };
    const abort = () => finish(() => reject(signal.reason as Error));
    const take = (data: Buffer) => {
      for (const char of data.toString('utf8')) {
        if (char === '\r' || char === '\n' || char === '\u0004') return finish(() => resolve(typed));
        // Raw mode turns Ctrl-C into a character; give it its meaning back.
        if (char === '\u0003') return void process.kill(process.pid, 'SIGINT');
        if (char === '\u007f' || char === '\b') typed = Array.from(typed).slice(0, -1).join('');
        else typed += char;
      }
    };
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    // Before the question: what is typed at once must not be shown either.
    stdin.setRawMode(true);
    stderr.write(`${inert(question)} `);
    stdin.resume();
    stdin.on('data', take);
    signal.addEventListener('abort', abort, { once: true });
  });
}

/** Secrets from standard input, one a line, in the order the options ask for them. */
export async function readSecretLines(count: number): Promise<string[]> {
  const found: string[] = [];
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    found.push(line);
    if (found.length === count) break;
  }
  lines.close();
  process.stdin.pause();
  return found;
}
