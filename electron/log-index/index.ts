/**
 * The log index: raw mail logs to the story of every message. The room's public face; see ARCHITECTURE.md, idea 4.
 *
 * `openLogStore(dir)` lists, makes, opens, renames and drops sets. An open set answers questions synchronously from
 * its tables, except free text, which reads the raw logs in worker threads.
 */
import type { Trace, TraceLine } from '#shared/model/trace.ts';
import { append as appendTo, type Appended } from './index/append.ts';
import type { LogSet, SetInfo } from './index/log-set.ts';
import { save } from './index/snapshot.ts';
import { LIMITS } from './limits.ts';
import { attribution } from './query/list.ts';
import { showLine, traceLines } from './query/lines.ts';
import { materialize } from './query/materialize.ts';
import { order, select, type Sort, type TraceQuery } from './query/query.ts';
import { report, type Report, type ReportKind, type ReportOptions } from './query/report.ts';
import { searchSet } from './query/search.ts';
import { type IndexOptions, type IndexProgress, LogStore, type SetSummary } from './store.ts';
import type { CreateWorker } from './scan/pool.ts';

export type { Appended, CreateWorker, IndexOptions, IndexProgress, Report, ReportKind, ReportOptions, SetInfo, SetSummary, Sort, TraceQuery };
export { REPORTS } from './query/report.ts';

/** A page of traces: what was asked for, and how many there are in all. */
export interface TracePage {
  total: number;
  traces: Trace[];
}

export interface PageOptions {
  sort?: Sort;
  /** Traces to leave out at the front. Default 0. */
  offset?: number;
  /** Traces to give. Default LIMITS.pageRows; 0 = all. */
  limit?: number;
}

export interface OpenSet {
  readonly info: SetInfo;
  readonly lineCount: number;
  /** Traces that match, newest first unless sorted otherwise. Bad criteria throw RangeError: expected and got. */
  traces: (query: TraceQuery, page?: PageOptions) => TracePage;
  /** One trace; undefined for an id that is not in the set. */
  trace: (id: string) => Trace | undefined;
  /** The raw lines of a trace, oldest first; of a message also the session lines it shares with others. */
  traceLines: (id: string) => TraceLine[];
  /** Free text over the raw logs: lines that hold `text`, case of ASCII letters ignored unless `exact`. */
  lines: (text: string, options?: { exact?: boolean; limit?: number; signal?: AbortSignal }) => Promise<TraceLine[]>;
  /** As `traces`, for those with a line that holds `text`. */
  tracesWithText: (text: string, query: TraceQuery, page?: PageOptions, signal?: AbortSignal) => Promise<TracePage>;
  report: (by: ReportKind, options?: ReportOptions, query?: TraceQuery) => Report;
  /** Trace id of every line of an indexed file in order; null for lines of no trace. Throws RangeError for other files. */
  attribution: (file: string) => Generator<string | null>;
  /** Reads what its plain files have grown by. Only for a set opened with `{ append: true }`. */
  append: () => Appended;
  /** Writes what was appended to disk; a crash before it only means reading that stretch again. */
  save: () => void;
  close: () => Promise<void>;
}

export interface LogIndex {
  sets: () => SetSummary[];
  index: (
    name: string,
    paths: string[],
    options?: IndexOptions,
    onProgress?: (p: IndexProgress) => void,
    signal?: AbortSignal,
  ) => Promise<{ set: OpenSet; refused: { path: string; why: string }[] }>;
  /** Undefined when there is no such set, or its format is older than this build: index it again. */
  open: (name: string, options?: { append?: boolean }) => OpenSet | undefined;
  rename: (from: string, to: string) => void;
  drop: (name: string) => void;
}

/** Opens a directory of sets, making it when it is not there. `createWorker`: how a bundle makes its worker threads. */
export function openLogStore(dir: string, options: { createWorker?: CreateWorker; workers?: number } = {}): LogIndex {
  const store = new LogStore(dir, options.createWorker, options.workers);
  return {
    sets: () => store.sets(),
    rename: (from, to) => store.rename(from, to),
    drop: (name) => store.drop(name),
    open(name, how = {}) {
      const set = store.open(name, how.append === true);
      return set === undefined ? undefined : wrap(set, store);
    },
    async index(name, paths, how, onProgress, signal) {
      const { set, refused } = await store.index(name, paths, how, onProgress, signal);
      return { set: wrap(set, store), refused };
    },
  };
}

function wrap(set: LogSet, store: LogStore): OpenSet {
  const page = (query: TraceQuery, options: PageOptions = {}): TracePage => {
    const { sort = { by: 'start', descending: true }, offset = 0, limit = LIMITS.pageRows } = options;
    const roots = order(set, select(set, query), sort);
    const rows = limit === 0 ? roots.slice(offset) : roots.slice(offset, offset + limit);
    return { total: roots.length, traces: rows.map((root) => materialize(set, set.t.nodes.head[root])) };
  };
  const node = (id: string): number => {
    const n = /^[1-9]\d{0,9}$/.test(id) ? Number(id) : 0;
    return n < set.t.nodes.n ? n : 0;
  };
  const marksOf = (roots: number[]): Uint8Array => {
    const marks = new Uint8Array(set.t.nodes.n);
    for (const root of roots) marks[root] = 1;
    return marks;
  };
  return {
    info: set.info,
    get lineCount() {
      return set.lines.count;
    },
    traces: page,
    trace(id) {
      const n = node(id);
      return n === 0 ? undefined : materialize(set, set.head(n));
    },
    traceLines(id) {
      const n = node(id);
      if (n === 0) return [];
      const near = set.t.nodes.t0[set.head(n)];
      return traceLines(set, n).map((line) => showLine(set, line, near));
    },
    async lines(text, how = {}) {
      const found = await searchSet(set, store, text, how.exact !== true, how.limit ?? LIMITS.pageRows, how.signal);
      return found.map((line) => showLine(set, line, set.info.last));
    },
    async tracesWithText(text, query, options, signal) {
      const found = await searchSet(set, store, text, true, Number.POSITIVE_INFINITY, signal);
      const within = new Uint8Array(set.t.nodes.n);
      for (const line of found) {
        const n = set.lines.place(line)?.node ?? 0;
        if (n !== 0) within[set.root(n)] = 1;
      }
      return page({ ...query, within }, options);
    },
    report(by, options, query) {
      const within = query === undefined ? undefined : marksOf(select(set, query));
      return report(set, by, { ...options, within });
    },
    *attribution(file) {
      const source = set.info.sources.findIndex((s) => s.path === file || s.name === file);
      if (source < 0) throw new RangeError(`attribution: expected a file of the set, got ${file}`);
      for (const id of attribution(set, source)) yield id === 0 ? null : String(id);
    },
    append: () => appendTo(set),
    save: () => save(set.dir, set),
    async close() {
      set.close();
      await Promise.resolve();
    },
  };
}
