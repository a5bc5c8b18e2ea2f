/** Walks over every trace of a set: the heads, in the order they began. */
import type { LogSet } from '../index/log-set.ts';

/** Heads of all traces, each once, oldest first. */
export function* heads(set: LogSet): Generator<number> {
  const { up, head, n } = set.t.nodes;
  for (let i = 1; i < n; i++) if (up[i] === i) yield head[i];
}

/** Per line of a source: the id of its trace, 0 for none. */
export function* attribution(set: LogSet, source: number): Generator<number> {
  const { up, head } = set.t.nodes;
  const headOf = (node: number): number => {
    let root = node;
    while (up[root] !== root) root = up[root];
    return head[root];
  };
  const chunks = set.lines.chunks.filter((c) => c.source === source).sort((a, b) => a.fileLine - b.fileLine);
  for (const chunk of chunks) {
    const block = set.lines.block(chunk);
    for (let i = 0; i < chunk.lines; i++) {
      const node = block[i * 3 + 1];
      yield node === 0 ? 0 : headOf(node);
    }
  }
}
