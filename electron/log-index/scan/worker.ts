/** A worker thread: parses chunks and searches raw lines. It holds no state but its dictionary. */
import { parentPort } from 'node:worker_threads';
import { moduleOf } from '../compiled/program.ts';
import { SCANNER } from '../compiled/programs.ts';
import { LIMITS } from '../limits.ts';
import { type ToUnpacker, UnpackTasks } from '../read/unpack-task.ts';
import { Dictionary, DictionaryFull } from './dictionary.ts';
import { readLines } from './read-lines.ts';
import { Scanner } from './scanner.ts';
import { search } from './search.ts';
import type { FromWorker, ToWorker } from './task.ts';

const port = parentPort;
if (port === null) throw new Error('scan/worker.ts runs as a worker thread only');
let scanner: Scanner | null = null;
const unpacking = new UnpackTasks(port);

function answer(message: FromWorker): void {
  port?.postMessage(message);
}

/** The lines of a file that start in the task's range, a block at a time, up to the end of a file that shrank. */
function parseFile(
  scanner: Scanner,
  fd: number,
  from: number,
  to: number,
): { start: number; end: number; lines: number } {
  let start = from;
  let end = from;
  let lines = 0;
  for (let at = from; at < to; at += LIMITS.readBytes) {
    const range = readLines(fd, at, Math.min(to, at + LIMITS.readBytes), scanner.space);
    if (range.from < range.to) {
      if (lines === 0) start = range.start;
      lines += scanner.next(range.buf, range.from, range.to, range.start - start);
      end = range.start + range.to - range.from;
    } else if (lines === 0) start = end = range.start; // the middle of a long line
    if (range.short) break;
  }
  return { start, end, lines };
}

function parse(task: Extract<ToWorker, { type: 'file' | 'bytes' }>): void {
  if (scanner === null) throw new Error('no dictionary yet');
  scanner.start(task.records);
  let done: { start: number; end: number; lines: number };
  if (task.type === 'file') done = parseFile(scanner, task.fd, task.from, task.to);
  else {
    const buf = Buffer.from(task.bytes, 0, task.length);
    done = { start: 0, end: task.length, lines: scanner.next(buf, 0, task.length, 0) };
  }
  const { rec, words: n } = scanner;
  const own = rec === task.records ? undefined : rec.slice(0, n);
  // copied, not transferred: once a buffer was taken from a thread, its code checks every access to every other one
  answer({ type: 'parsed', id: task.id, ...done, rec: own, longLines: scanner.longLines });
}

port.on('message', (task: ToWorker | ToUnpacker) => {
  if (task.type === 'unpack') {
    unpacking.take(task);
    return;
  }
  if (task.type === 'memory') {
    const dictionary = new Dictionary(task.dictionary);
    if (scanner === null) scanner = new Scanner(dictionary, task.hosts, moduleOf(SCANNER));
    else scanner.use(dictionary);
    return;
  }
  try {
    if (task.type === 'search') answer({ type: 'found', id: task.id, ...search(task) });
    else parse(task);
  } catch (error) {
    if (error instanceof DictionaryFull) answer({ type: 'full', id: task.id });
    else {
      answer({ type: 'failed', id: task.id, message: error instanceof Error ? error.message : String(error) });
    }
  }
});
