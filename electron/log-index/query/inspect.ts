/** What is wrong with the lines of a set, file by file: read once in the search threads, when the set is made. */
import type { LogSet } from '../index/log-set.ts';
import { DAMAGE } from '../scan/inspect.ts';
import type { SearchPool } from '../scan/search-pool.ts';
import type { Found } from '../scan/task.ts';
import { partsOf, piecesOf } from './search.ts';

/** Counts by the name of a source and the kind of damage; a source that is well is not among them. */
export async function inspectSet(
  set: LogSet,
  pool: SearchPool,
  signal?: AbortSignal,
): Promise<Record<string, Record<string, number>>> {
  const out: Record<string, Record<string, number>> = {};
  const coming: { chunks: readonly { source: number }[]; answer: Promise<Found> }[] = [];
  const take = async (): Promise<void> => {
    const next = coming.shift();
    if (next === undefined) return;
    // a file that is gone meanwhile has nothing more to tell
    const counts = (await next.answer.catch(() => undefined))?.counts ?? [];
    signal?.throwIfAborted();
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue;
      const name = set.info.sources[next.chunks[Math.floor(i / DAMAGE.length)].source].name;
      const what = DAMAGE[i % DAMAGE.length];
      const mine = (out[name] ??= {});
      mine[what] = (mine[what] ?? 0) + counts[i];
    }
  };
  for (const piece of piecesOf(set)) {
    signal?.throwIfAborted();
    const { path, packed, chunks } = piece;
    const answer = pool.run({
      path,
      parts: partsOf(piece),
      packed,
      needle: NOTHING,
      fold: false,
      most: 0,
      inspect: true,
    });
    answer.catch(() => undefined); // met when its turn comes
    coming.push({ chunks, answer });
    if (coming.length >= pool.size * 2) await take();
  }
  while (coming.length > 0) await take();
  return out;
}

const NOTHING = new Uint8Array(0);
