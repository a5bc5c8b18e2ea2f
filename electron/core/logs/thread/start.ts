import { Worker } from 'node:worker_threads';
import type { ThreadData } from './protocol.ts';

/**
 * Where a thread's program is: beside this source when Node runs the sources themselves; in the build, under the name
 * that electron.vite.config.ts gives it, whichever chunk this code ended up in. Both also inside app.asar.
 */
function program(source: string, built: string): URL {
  const here = import.meta.url;
  if (here.endsWith('.ts')) return new URL(source, here);
  return new URL(here.includes('/chunks/') ? `../${built}` : `./${built}`, here);
}

/** A thread that answers questions about the sets of a folder. */
export function startThread(data: ThreadData): Worker {
  return new Worker(program('./main.ts', 'log-thread.js'), { workerData: data, name: 'postdeck-logs' });
}

/** A thread that parses and searches, for the log index. */
export function startScanWorker(): Worker {
  return new Worker(program('../../../log-index/scan/worker.ts', 'log-worker.js'), { name: 'postdeck-log-scan' });
}
