/** Free text over a whole set: raw files and packed frames are searched in worker threads, answers come in their order. */
import { join } from 'node:path';
import type { Chunk } from '../index/lines.ts';
import type { LogSet } from '../index/log-set.ts';
import { LIMITS } from '../limits.ts';
import { NEEDLE_BYTES } from '../scan/finder.ts';
import type { SearchPool } from '../scan/search-pool.ts';
import type { Found } from '../scan/task.ts';

export interface Piece {
  path: string;
  packed: boolean;
  /** Neighbours in their file, or frames. */
  chunks: Chunk[];
  bytes: number;
}

/** Chunks as tasks, in the order of their lines. */
export function piecesOf(set: LogSet): Piece[] {
  const pieces: Piece[] = [];
  for (const chunk of set.lines.chunks) {
    const packed = chunk.frameLength > 0;
    const last = pieces.at(-1);
    const before = last?.chunks.at(-1);
    const fits =
      last !== undefined &&
      before !== undefined &&
      last.packed === packed &&
      last.bytes < LIMITS.searchBytes &&
      (packed || (before.source === chunk.source && before.offset + before.length === chunk.offset));
    if (fits) {
      last.chunks.push(chunk);
      last.bytes += chunk.length;
    } else {
      const path = packed ? join(set.dir, 'frames.bin') : set.pathOf(chunk.source);
      if (path === undefined) continue; // a file that is gone, or replaced by another, has nothing to show
      pieces.push({ path, packed, chunks: [chunk], bytes: chunk.length });
    }
  }
  return pieces;
}

/** Where the bytes of a piece are: in one stretch, or frame by frame. */
export function partsOf({ packed, chunks }: Piece): { from: number; to: number; bytes?: number }[] {
  if (packed)
    return chunks.map(({ frameAt, frameLength, length }) => ({
      from: frameAt,
      to: frameAt + frameLength,
      bytes: length,
    }));
  const last = chunks[chunks.length - 1];
  return [{ from: chunks[0].offset, to: last.offset + last.length }];
}

/**
 * Numbers of the lines that hold `text`, in their order, as they are found. Leaving the loop or `signal` ends the search:
 * only what the threads have at hand is still done. `most`: lines that are enough. Throws RangeError: expected and got.
 */
export async function* searchSet(
  set: LogSet,
  pool: SearchPool,
  text: string,
  fold: boolean,
  most: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint32Array, void, void> {
  const needle = new Uint8Array(Buffer.from(fold ? text.replace(/[A-Z]/g, (c) => c.toLowerCase()) : text));
  if (needle.length === 0) throw new RangeError('text: expected something to look for, got nothing');
  if (needle.length > NEEDLE_BYTES)
    throw new RangeError(`text: expected at most ${NEEDLE_BYTES} bytes, got ${needle.length}`);
  if (needle.includes(10)) return; // no line holds one
  const pieces = piecesOf(set);
  const coming: Promise<Found>[] = [];
  let given = 0;
  let left = most;
  for (const piece of pieces) {
    signal?.throwIfAborted();
    while (given < pieces.length && coming.length < pool.size * 2) {
      const next = pieces[given++];
      const { path, packed } = next;
      const answer = pool.run({ path, parts: partsOf(next), packed, needle, fold, most: Math.min(left, 2 ** 31) });
      answer.catch(() => undefined); // met when its turn comes, or nobody wants it any more
      coming.push(answer);
    }
    // a file that is gone has nothing to show
    const found = await coming.shift()?.catch(() => undefined);
    signal?.throwIfAborted();
    if (found === undefined || found.at.length === 0) continue;
    const lines = linesAt(set, piece, found).subarray(0, left);
    left -= lines.length;
    yield lines;
    if (left <= 0) return;
  }
}

/** Line numbers of what was found in a piece. */
function linesAt(set: LogSet, { packed, chunks }: Piece, { counts, at }: Found): Uint32Array {
  const lines = new Uint32Array(at.length);
  let done = 0;
  let part = 0;
  for (const chunk of chunks) {
    const base = packed ? 0 : chunk.offset - chunks[0].offset;
    let end = done;
    if (packed) end += counts[part++];
    else while (end < at.length && at[end] < base + chunk.length) end++;
    if (end - done > MANY) {
      const block = set.lines.block(chunk);
      for (let i = 0; done < end; done++) {
        while (i + 1 < chunk.lines && block[(i + 1) * 3] <= at[done] - base) i++;
        lines[done] = chunk.firstLine + i;
      }
    } else for (; done < end; done++) lines[done] = set.lines.lineAt(chunk, at[done] - base);
  }
  return lines;
}

/** From so many lines of a chunk on, reading all its places is quicker than finding each. */
const MANY = 64;
