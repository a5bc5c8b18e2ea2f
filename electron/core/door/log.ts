import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';

export type Log = pino.Logger;

/** Past this the log of earlier runs is set aside (one is kept), so that it never fills a disk. */
const ROTATE_BYTES = 5 * 1024 * 1024;

/**
 * The console's own log, `postdeck.log` in the data folder, mode 0600. Never standard output: the terminal door
 * prints there, and programs read it. Secret-looking fields are removed, whatever carries them.
 */
export function openLog(dataDir: string): Log {
  const file = join(dataDir, 'postdeck.log');
  try {
    if (statSync(file).size > ROTATE_BYTES) renameSync(file, `${file}.1`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  closeSync(openSync(file, 'a', 0o600));
  // Synchronous: a few lines a minute, and the last one before a crash is the one that is wanted.
  const lines = pino.destination({ dest: file, sync: true });
  // A disk that is full loses lines of the log; without a listener it would end the console, and a change with it.
  lines.on('error', () => undefined);
  const secret = ['password', 'passphrase', 'secret', 'value', 'key'];
  return pino(
    {
      level: 'info',
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: secret.flatMap((name) => [name, `*.${name}`]),
    },
    lines,
  );
}
