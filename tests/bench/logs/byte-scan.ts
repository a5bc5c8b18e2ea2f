/**
 * The yardstick of an ingest: a bare scan of the same bytes, in as many threads as ours uses. It finds every line and
 * reads its offset, time, program, process and queue id, strings as numbers, lines of one id chained, and nothing else:
 * no field, no correlation, no output. This file is both the measure and, in a worker thread, the scan.
 */
import { once } from 'node:events';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

interface Range {
  path: string;
  from: number;
  to: number;
}

/** Milliseconds from the start of the threads to their end. */
export async function byteScan(path: string): Promise<{ ms: number; lines: number }> {
  const { size } = statSync(path);
  const threads = Math.max(1, Math.min(4, availableParallelism()));
  const edges = [0];
  for (let i = 1; i < threads; i++) edges.push(lineAfter(path, Math.floor((size / threads) * i)));
  edges.push(size);
  const start = performance.now();
  const counts = await Promise.all(
    edges.slice(1).map(async (to, i) => {
      const range: Range = { path, from: edges[i] ?? 0, to };
      const worker = new Worker(new URL(import.meta.url), { workerData: range });
      const [lines] = (await once(worker, 'message')) as [number];
      await worker.terminate();
      return lines;
    }),
  );
  return { ms: performance.now() - start, lines: counts.reduce((sum, n) => sum + n, 0) };
}

function lineAfter(path: string, at: number): number {
  const fd = openSync(path, 'r');
  const buf = Buffer.alloc(1 << 16);
  const n = readSync(fd, buf, 0, buf.length, at);
  closeSync(fd);
  return at + buf.subarray(0, n).indexOf(10) + 1;
}

/** Numbers for strings: bytes are kept once and compared, as two strings may share their hash. */
class Numbers {
  private readonly slots = new Uint32Array(1 << 22);
  private readonly hashes = new Uint32Array(1 << 21);
  private readonly ends = new Uint32Array(1 << 21);
  private readonly heap = Buffer.allocUnsafeSlow(64 << 20);
  n = 1;

  of(buf: Buffer, from: number, to: number): number {
    let hash = 0x811c9dc5;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ (buf[i] ?? 0), 0x01000193);
    hash >>>= 0;
    for (let slot = hash & 0x3fffff; ; slot = (slot + 1) & 0x3fffff) {
      const id = this.slots[slot] ?? 0;
      if (id === 0) return this.add(slot, hash, buf, from, to);
      if (this.hashes[id] !== hash) continue;
      const start = this.ends[id - 1] ?? 0;
      if ((this.ends[id] ?? 0) - start !== to - from) continue;
      let k = 0;
      while (k < to - from && this.heap[start + k] === buf[from + k]) k++;
      if (k === to - from) return id;
    }
  }

  private add(slot: number, hash: number, buf: Buffer, from: number, to: number): number {
    if (this.n + 1 >= this.hashes.length) return 0; // ten times the ids of 1 GB: what follows is told apart no more
    const id = this.n++;
    const at = this.ends[id - 1] ?? 0;
    buf.copy(this.heap, at, from, to);
    this.slots[slot] = id;
    this.hashes[id] = hash;
    this.ends[id] = at + to - from;
    return id;
  }
}

function scan({ path, from, to }: Range): number {
  const most = Math.ceil((to - from) / 60);
  const [offsets, times, programs, processes, ids, before] = Array.from({ length: 6 }, () => new Uint32Array(most));
  const names = new Numbers();
  const queueIds = new Numbers();
  const last = new Uint32Array(1 << 21);
  const fd = openSync(path, 'r');
  const buf = Buffer.allocUnsafeSlow(1 << 20);
  let lines = 0;
  let kept = 0;
  for (let at = from; at < to; ) {
    const got = readSync(fd, buf, kept, Math.min(buf.length - kept, to - at), at);
    if (got === 0) break;
    const have = kept + got;
    const base = at - kept;
    at += got;
    const body = buf.subarray(0, have);
    let p = 0;
    for (let end = body.indexOf(10); end >= 0; end = body.indexOf(10, p)) {
      if (lines >= most) throw new Error('lines are shorter than any log has');
      offsets![lines] = base + p - from;
      const digit = (i: number): number => (body[p + i] ?? 0) - 48;
      times![lines] =
        (digit(7) * 10 + digit(8)) * 3600 + (digit(10) * 10 + digit(11)) * 60 + digit(13) * 10 + digit(14);
      let q = p + 16;
      while (q < end && body[q] !== 32) q++; // the host
      const name = ++q;
      while (q < end && body[q] !== 91 && body[q] !== 58 && body[q] !== 32) q++;
      programs![lines] = names.of(body, name, q);
      let pid = 0;
      if (body[q] === 91) for (q++; q < end && body[q] !== 93; q++) pid = pid * 10 + (body[q] ?? 0) - 48;
      processes![lines] = pid;
      while (q < end && body[q] !== 32) q++;
      const word = ++q;
      while (q < end && ((body[q]! >= 48 && body[q]! <= 57) || (body[q]! | 32) >= 97)) q++;
      if (body[q] === 58 && q - word >= 6) {
        const id = queueIds.of(body, word, q);
        ids![lines] = id;
        before![lines] = last[id] ?? 0;
        last[id] = lines + 1;
      }
      lines++;
      p = end + 1;
    }
    kept = have - p;
    if (kept >= buf.length) kept = 0; // a line of a megabyte counts for nothing here
    body.copyWithin(0, have - kept, have);
  }
  closeSync(fd);
  return lines;
}

if (!isMainThread) parentPort?.postMessage(scan(workerData as Range));
