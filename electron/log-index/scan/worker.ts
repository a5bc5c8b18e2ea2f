/** A worker thread: parses chunks and searches raw lines. It holds no state but its dictionary. */
import { parentPort } from 'node:worker_threads';
import { constants, zstdCompressSync } from 'node:zlib';
import { Dictionary, DictionaryFull } from './dictionary.ts';
import { closeFiles, readLines } from './read-lines.ts';
import { Scanner } from './scanner.ts';
import { searchRange } from './search.ts';
import type { FromWorker, ToWorker } from './task.ts';

const port = parentPort;
if (port === null) throw new Error('scan/worker.ts runs as a worker thread only');
/** Frames are read back a few at a time: speed of packing counts, not size. */
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: -4 } };

let scanner: Scanner | null = null;

function answer(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer);
}

function parse(task: Extract<ToWorker, { type: 'file' | 'bytes' }>): void {
  if (scanner === null) throw new Error('no dictionary yet');
  let buf: Buffer;
  let from = 0;
  let to: number;
  let start = 0;
  if (task.type === 'file') {
    const range = readLines(task.path, task.from, task.to);
    buf = range.buf;
    from = range.from;
    to = range.to;
    start = range.start;
  } else {
    buf = Buffer.from(task.bytes, 0, task.length);
    to = task.length;
  }
  scanner.longLines = 0;
  const lines = scanner.run(buf, from, to);
  const rec = scanner.scan.rec.slice(0, scanner.scan.n);
  const end = start + to - from;
  const frame =
    task.type === 'bytes' && task.pack ? new Uint8Array(zstdCompressSync(buf.subarray(0, to), FAST)) : undefined;
  const transfer = [rec.buffer as ArrayBuffer];
  if (frame !== undefined) transfer.push(frame.buffer as ArrayBuffer);
  answer({ type: 'parsed', id: task.id, start, end, lines, rec, longLines: scanner.longLines, frame }, transfer);
}

port.on('message', (task: ToWorker) => {
  if (task.type === 'memory') {
    const dictionary = new Dictionary(task.dictionary);
    if (scanner === null) scanner = new Scanner(dictionary, task.hosts);
    else scanner.use(dictionary);
    return;
  }
  try {
    if (task.type === 'search') answer({ type: 'found', id: task.id, at: searchRange(task) });
    else parse(task);
  } catch (error) {
    if (error instanceof DictionaryFull) answer({ type: 'full', id: task.id });
    else {
      closeFiles();
      answer({ type: 'failed', id: task.id, message: error instanceof Error ? error.message : String(error) });
    }
  }
});
