/**
 * The log index: raw mail logs to the story of every message. The room's public face; see ARCHITECTURE.md, idea 4.
 *
 * `openLogStore(dir)` lists, makes, opens, renames and drops sets. An open set answers questions synchronously from
 * its tables, except free text, which reads the raw logs in worker threads.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Trace, TraceLine } from '#shared/model/trace.ts';
import { append as appendTo, type Appended, saveSet } from './index/append.ts';
import type { LogSet, SetInfo } from './index/log-set.ts';
import { LIMITS } from './limits.ts';
import { inspectSet } from './query/inspect.ts';
import { attribution } from './query/list.ts';
import { showLine, traceLines } from './query/lines.ts';
import { materialize } from './query/materialize.ts';
import type { TraceQuery } from './query/criteria.ts';
import { closeLookup, lookupOf, tracesChanged } from './query/lookup.ts';
import { order, type Sort } from './query/order.ts';
import { lineReport, type LineReportKind, type LineReportOptions } from './query/line-report.ts';
import { select } from './query/query.ts';
import { report, type Report, type ReportKind, type ReportOptions } from './query/report.ts';
import { searchSet } from './query/search.ts';
import { type Field, type FieldValue, valuesOf } from './query/values.ts';
import { type IndexOptions, type IndexProgress, LogStore, type SetSummary } from './store.ts';
import type { CreateWorker } from './scan/pool.ts';

export type {
  Appended,
  CreateWorker,
  Field,
  FieldValue,
  IndexOptions,
  IndexProgress,
  LineReportKind,
  LineReportOptions,
  Report,
  ReportKind,
  ReportOptions,
  SetInfo,
  SetSummary,
  Sort,
  TraceQuery,
};
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

export interface SearchOptions {
  /** The case of letters counts. Default: that of ASCII letters does not. */
  exact?: boolean;
  /** Lines that are enough. Default LIMITS.pageRows. */
  limit?: number;
  /** Ends the search within milliseconds; what is under way then throws the signal's reason. */
  signal?: AbortSignal;
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
  lines: (text: string, options?: SearchOptions) => Promise<TraceLine[]>;
  /** As `lines`, a few at a time while the search goes on. Leaving the loop ends it. */
  linesAsFound: (text: string, options?: SearchOptions) => AsyncGenerator<TraceLine[], void, void>;
  /** As `traces`, for those with a line that holds `text`. */
  tracesWithText: (text: string, query: TraceQuery, page?: PageOptions, signal?: AbortSignal) => Promise<TracePage>;
  /**
   * The traces that match, in their order, without making them: a page of thousands is asked for many times.
   * Numbers are for `show` of the same opened set; what is appended later may join two of them.
   */
  find: (query: TraceQuery, sort?: Sort) => Uint32Array;
  /** As `find`, for those with a line that holds `text`. */
  findWithText: (text: string, query: TraceQuery, sort?: Sort, signal?: AbortSignal) => Promise<Uint32Array>;
  /** For `TraceQuery.within`: only the traces with these ids. */
  among: (ids: readonly string[]) => Uint8Array;
  /** The traces behind numbers of `find`. */
  show: (found: Iterable<number>) => Trace[];
  /** Lines by their place in the set, each with the id of its trace. Out of range: fewer. */
  slice: (from: number, count: number) => (TraceLine & { trace: string | null })[];
  /** Values of a field that begin with `prefix` in any case, the most frequent first. */
  values: (field: Field, prefix: string, limit: number) => FieldValue[];
  /** Counts from the tables; a RangeError for those of `lineReport`. */
  report: (by: ReportKind, options?: ReportOptions, query?: TraceQuery) => Report;
  /**
   * Counts from the raw lines: warnings and worse of all programs, and why tries were put off; those of the traces that
   * match, where there is a query.
   */
  lineReport: (by: LineReportKind, options?: LineReportOptions, query?: TraceQuery) => Promise<Report>;
  /** Trace id of every line of an indexed file in order; null for lines of no trace. Throws RangeError for other files. */
  attribution: (file: string) => Generator<string | null>;
  /** Reads what its plain files have grown by. Only for a set opened with `{ append: true }`. */
  append: () => Appended;
  /** Takes one more plain file into a set opened for appending; `append` reads it from its beginning. */
  addFile: (path: string, name: string) => void;
  /** Lines with NUL bytes, with bytes that are not UTF-8, and too long to be parsed: counts by source. Reads the logs. */
  inspect: (signal?: AbortSignal) => Promise<Record<string, Record<string, number>>>;
  /** Makes what questions need now; otherwise the first question does. */
  prepare: () => void;
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
    return { total: roots.length, traces: Array.from(rows, (root) => materialize(set, set.few.nodes.head[root])) };
  };
  const node = (id: string): number => {
    const n = /^[1-9]\d{0,9}$/.test(id) ? Number(id) : 0;
    return n < set.t.nodes.n ? n : 0;
  };
  const marksOf = (roots: Iterable<number>): Uint8Array => {
    const marks = new Uint8Array(set.t.nodes.n);
    for (const root of roots) marks[root] = 1;
    return marks;
  };
  async function* search(text: string, how: SearchOptions = {}): AsyncGenerator<TraceLine[], void, void> {
    const { exact = false, limit = LIMITS.pageRows, signal } = how;
    for await (const found of searchSet(set, store.searchers, text, !exact, limit, signal)) {
      for (let at = 0; at < found.length; at += LIMITS.pageRows) {
        yield Array.from(found.subarray(at, at + LIMITS.pageRows), (line) => showLine(set, line, set.info.last));
      }
    }
  }
  /** Marks over the nodes: the roots of the traces with a line that holds `text`. */
  const rootsWithText = async (text: string, signal?: AbortSignal): Promise<Uint8Array> => {
    const within = new Uint8Array(set.t.nodes.n);
    for await (const found of searchSet(set, store.searchers, text, true, Number.POSITIVE_INFINITY, signal)) {
      for (const n of set.lines.nodesOf(found)) if (n !== 0) within[set.root(n)] = 1;
    }
    return within;
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
      const near = set.few.nodes.t0[set.head(n)];
      return traceLines(set, n).map((line) => showLine(set, line, near));
    },
    async lines(text, how) {
      const out: TraceLine[] = [];
      for await (const some of search(text, how)) out.push(...some);
      return out;
    },
    linesAsFound: search,
    async tracesWithText(text, query, options, signal) {
      return page({ ...query, within: await rootsWithText(text, signal) }, options);
    },
    find: (query, sort) => {
      const roots = select(set, query);
      return sort === undefined ? roots : order(set, roots, sort);
    },
    async findWithText(text, query, sort, signal) {
      const roots = select(set, { ...query, within: await rootsWithText(text, signal) });
      return sort === undefined ? roots : order(set, roots, sort);
    },
    among(ids) {
      const marks = new Uint8Array(set.t.nodes.n);
      for (const id of ids) marks[set.root(node(id))] = 1;
      marks[0] = 0;
      return marks;
    },
    show: (found) => Array.from(found, (root) => materialize(set, set.head(root))),
    slice(from, count) {
      const out: (TraceLine & { trace: string | null })[] = [];
      for (let line = from, end = Math.min(from + count, set.lines.count); line < end; line++) {
        const node = set.lines.place(line)?.node ?? 0;
        out.push({ ...showLine(set, line, set.info.last), trace: node === 0 ? null : String(set.head(node)) });
      }
      return out;
    },
    values: (field, prefix, limit) => valuesOf(set, field, prefix, limit),
    report(by, options, query) {
      const within = query === undefined ? undefined : marksOf(select(set, query));
      return report(set, by, { ...options, within });
    },
    lineReport(by, options, query) {
      const within = query === undefined ? options?.within : marksOf(select(set, query));
      return lineReport(set, store.searchers, by, { ...options, within });
    },
    *attribution(file) {
      const source = set.info.sources.findIndex((s) => s.path === file || s.name === file);
      if (source < 0) throw new RangeError(`attribution: expected a file of the set, got ${file}`);
      for (const id of attribution(set, source)) yield id === 0 ? null : String(id);
    },
    append() {
      const appended = appendTo(set);
      tracesChanged(set, appended.touched);
      return appended;
    },
    inspect: (signal) => inspectSet(set, store.searchers, signal),
    prepare() {
      lookupOf(set);
    },
    addFile(path, name) {
      if (!set.writable) throw new RangeError('addFile: expected a set opened for appending');
      const { ino: inode, mtimeMs } = statSync(path);
      const head = createHash('sha256').digest('hex').slice(0, 16);
      set.info.sources.push({
        name,
        path,
        bytes: 0,
        lines: 0,
        plain: true,
        size: 0,
        mtimeMs,
        inode,
        head,
        headBytes: 0,
        troubles: {},
      });
    },
    save: () => saveSet(set),
    async close() {
      closeLookup(set);
      set.close();
      await Promise.resolve();
    },
  };
}
