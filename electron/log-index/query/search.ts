/** Free text over a whole set: raw files in worker threads, packed chunks here. */
import type { LogSet } from '../index/log-set.ts';
import type { Pool } from '../scan/pool.ts';
import { searchBytes } from '../scan/search.ts';
import type { LogStore } from '../store.ts';

const TASK_BYTES = 8 << 20;

/** Line numbers that hold `text`, in their order, at most `most`. */
export async function searchSet(
  set: LogSet,
  store: LogStore,
  text: string,
  fold: boolean,
  most: number,
  signal?: AbortSignal,
): Promise<number[]> {
  if (text === '') throw new RangeError('text: expected something to look for, got nothing');
  const needle = new Uint8Array(Buffer.from(fold ? text.replace(/[A-Z]/g, (c) => c.toLowerCase()) : text));
  const limit = Math.min(most, 50_000_000);
  const found: number[] = [];
  const plain = set.lines.chunks.filter((c) => c.frameLength === 0);
  const packed = set.lines.chunks.filter((c) => c.frameLength > 0);
  if (plain.length > 0) {
    // neighbouring chunks of a file make one task
    const tasks: { chunks: typeof plain; from: number; to: number }[] = [];
    for (const chunk of plain) {
      const last = tasks.at(-1);
      if (
        last !== undefined &&
        last.chunks[0].source === chunk.source &&
        last.to === chunk.offset &&
        last.to - last.from < TASK_BYTES
      ) {
        last.chunks.push(chunk);
        last.to = chunk.offset + chunk.length;
      } else tasks.push({ chunks: [chunk], from: chunk.offset, to: chunk.offset + chunk.length });
    }
    const pool: Pool = store.searchPool(set);
    try {
      const answers = tasks.map(async (task) => {
        const path = set.info.sources[task.chunks[0].source].path;
        const result = await pool.run({
          type: 'search',
          path,
          from: task.from,
          to: task.to,
          needle,
          fold,
          most: limit,
        });
        return result.type === 'found' ? result.at : [];
      });
      for (const [i, answer] of answers.entries()) {
        const offsets = await answer.catch(() => []); // a file that is gone has nothing to show
        signal?.throwIfAborted();
        if (found.length >= limit) continue;
        const { chunks } = tasks[i];
        let k = 0;
        for (const at of offsets) {
          while (k < chunks.length - 1 && at >= chunks[k].offset + chunks[k].length) k++;
          found.push(set.lines.lineAt(chunks[k], at - chunks[k].offset));
        }
      }
    } finally {
      await pool.close();
    }
  }
  for (const chunk of packed) {
    if (found.length >= limit) break;
    signal?.throwIfAborted();
    const frame = set.frame(chunk.frameAt, chunk.frameLength);
    for (const at of searchBytes(frame, 0, frame.length, 0, needle, fold, limit))
      found.push(set.lines.lineAt(chunk, at));
    await new Promise((resolve) => setImmediate(resolve)); // other questions may pass in between
  }
  found.sort((a, b) => a - b);
  return found.slice(0, limit);
}
