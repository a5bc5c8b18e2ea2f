/**
 * What the log thread does for the console: one method for each question. Longer than usual: all of them share the sets
 * that are open.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CreateWorker, LogIndex, OpenSet, Sort } from '#log-index/index.ts';
import { openLogStore } from '#log-index/index.ts';
import type {
  LiveLine,
  LogField,
  LogFilter,
  LogIndexed,
  LogReport,
  LogReportKind,
  LogSet,
  LogSourceFile,
  LogValue,
  TraceStory,
  TraceWindow,
} from '#shared/model/log.ts';
import type { Trace, TraceLine } from '#shared/model/trace.ts';
import { english } from '../../words/english.ts';
import { ATTRIBUTION_BLOCK, EXPORT_TRACES, LINES_BATCH, LINES_MOST, STORY_LINES } from '../limits.ts';
import { badCriterion, noSet, noTrace, outdated } from '../failures.ts';
import { eventsOf } from '../timeline.ts';
import { queryOf } from './query.ts';

/** What every method gets first: when to stop, and where to tell how it goes. */
export interface Hand {
  signal: AbortSignal;
  progress: (value: unknown) => void;
}

export interface IndexRequest {
  name: string;
  paths: string[];
  year?: number;
  zone?: string;
}

export interface IndexStep {
  bytes: number;
  totalBytes: number | null;
  lines: number;
  files: number;
}

/** What a set was made from, kept beside it: it must be found again when the format of the index has changed. */
export interface Origin {
  paths: string[];
  year?: number;
  zone?: string;
  refused: { path: string; why: string }[];
  /** Lines that are damaged, by source and kind; they are counted when the index stands. */
  damage?: Record<string, Record<string, number>>;
}

interface Opened {
  set: OpenSet;
  /** Identity of the manifest it was opened from: another process may have built the set anew. */
  stamp: string;
  /** Grows with every append: answers of one generation belong together. */
  generation: number;
  /** Orders of the last few questions: a page scrolls through one order with many calls. */
  orders: Map<string, Uint32Array>;
  appends: boolean;
}

/** Orders kept per set: a grid, a chart's filter, and the one before. 1 M traces take 4 MB each. */
const ORDERS = 4;
/** Progress is told at most this often. */
const TELL_MS = 100;

/**
 * The engine as a thread serves it: every method takes a Hand, answers plain data, and throws Failures for what a caller
 * did wrong. It never waits for another thread of the console.
 */
export class SetService {
  readonly #dir: string;
  readonly #index: LogIndex;
  readonly #open = new Map<string, Opened>();
  #generation = 0;

  constructor(dir: string, options: { createWorker?: CreateWorker; workers?: number | undefined }) {
    this.#dir = dir;
    this.#index = openLogStore(dir, options);
  }

  sets(_hand: Hand): LogSet[] {
    const ready = new Map(this.#index.sets().map((set) => [set.name, set]));
    const out: LogSet[] = [];
    for (const name of readdirSync(this.#dir).sort()) {
      const origin = this.#origin(name);
      const set = ready.get(name);
      if (set !== undefined) out.push({ ...set, state: 'ready', paths: origin?.paths ?? [] });
      else if (origin !== undefined) out.push(unbuilt(name, origin));
    }
    return out;
  }

  set(hand: Hand, name: string): LogIndexed {
    const summary = this.sets(hand).find((set) => set.name === name);
    if (summary === undefined) throw noSet(name);
    const { refused = [], damage = {} } = this.#origin(name) ?? {};
    return { ...summary, refused, files: summary.state === 'ready' ? filesOf(this.#get(name).set, damage) : [] };
  }

  async index(hand: Hand, { name, paths, year, zone: given }: IndexRequest): Promise<LogIndexed> {
    // a zone is said once for a set: made anew, it keeps it
    const zone = given ?? this.#origin(name)?.zone;
    this.#close(name);
    let told = Number.NEGATIVE_INFINITY;
    const progress = (step: IndexStep): void => {
      if (performance.now() - told < TELL_MS) return;
      told = performance.now();
      hand.progress(step);
    };
    const { set, refused } = await asked(() => this.#index.index(name, paths, { year, zone }, progress, hand.signal));
    set.prepare(); // while nobody waits for an answer
    const damage = await set.inspect(hand.signal);
    await set.close();
    const origin: Origin = { paths, year, zone, refused, damage };
    writeFileSync(join(this.#dir, name, ORIGIN), JSON.stringify(origin), { mode: 0o600 });
    return this.set(hand, name);
  }

  async rename(hand: Hand, name: string, to: string): Promise<LogSet[]> {
    this.#get(name);
    this.#close(name);
    await asked(() => this.#index.rename(name, to));
    return this.sets(hand);
  }

  drop(hand: Hand, name: string): LogSet[] {
    if (!this.sets(hand).some((set) => set.name === name)) throw noSet(name);
    this.#close(name);
    this.#index.drop(name);
    return this.sets(hand);
  }

  origin(_hand: Hand, name: string): Origin | null {
    return this.#origin(name) ?? null;
  }

  async traces(
    hand: Hand,
    name: string,
    filter: LogFilter,
    sort: Sort,
    offset: number,
    count: number,
  ): Promise<TraceWindow> {
    const opened = this.#get(name);
    const found = await this.#find(opened, filter, sort, hand.signal);
    const traces = opened.set.show(found.slice(offset, offset + count));
    return { total: found.length, generation: opened.generation, traces };
  }

  trace(_hand: Hand, name: string, id: string): TraceStory {
    const { set } = this.#get(name);
    const trace = set.trace(id);
    if (trace === undefined) throw noTrace(id);
    const all = set.traceLines(id);
    const lines = all.slice(0, STORY_LINES);
    return { trace, events: eventsOf(lines), lines, linesLeftOut: all.length - lines.length };
  }

  /** Blocks of NDJSON, each of whole lines. */
  async *export(
    hand: Hand,
    name: string,
    filter: LogFilter,
    sort: Sort | null,
    limit: number,
  ): AsyncGenerator<string, void, void> {
    const opened = this.#get(name);
    const found = await this.#find(opened, filter, sort, hand.signal);
    const end = limit === 0 ? found.length : Math.min(limit, found.length);
    for (let at = 0; at < end; at += EXPORT_TRACES) {
      hand.signal.throwIfAborted();
      let block = '';
      for (const trace of opened.set.show(found.slice(at, Math.min(at + EXPORT_TRACES, end)))) {
        block += `${JSON.stringify(plain(trace))}\n`;
      }
      yield block;
    }
  }

  async *lines(
    hand: Hand,
    name: string,
    text: string,
    exact: boolean,
    limit: number,
  ): AsyncGenerator<TraceLine[], void, void> {
    const { set } = this.#get(name);
    const most = limit === 0 ? LINES_MOST : Math.min(limit, LINES_MOST);
    let batch: TraceLine[] = [];
    try {
      for await (const found of set.linesAsFound(text, { exact, limit: most, signal: hand.signal })) {
        batch = batch.length === 0 ? found : [...batch, ...found];
        if (batch.length < LINES_BATCH) continue;
        yield batch;
        batch = [];
      }
    } catch (error) {
      throw criterion(error);
    }
    if (batch.length > 0) yield batch;
  }

  *attribution(_hand: Hand, name: string, file: string): Generator<string, void, void> {
    const { set } = this.#get(name);
    let block: string[] = [];
    try {
      for (const id of set.attribution(file)) {
        block.push(id ?? '-');
        if (block.length < ATTRIBUTION_BLOCK) continue;
        yield `${block.join('\n')}\n`;
        block = [];
      }
    } catch (error) {
      throw criterion(error);
    }
    if (block.length > 0) yield `${block.join('\n')}\n`;
  }

  async report(
    hand: Hand,
    name: string,
    by: LogReportKind,
    filter: LogFilter,
    limit: number,
    bucket: number | undefined,
  ): Promise<LogReport> {
    const { set } = this.#get(name);
    const { text, ...rest } = filter;
    const { since, until, ...query } = queryOf(rest);
    if (text === undefined) {
      const named = Object.values(query).some((value) => value !== undefined) ? query : undefined;
      if (by === 'problem' || by === 'deferral')
        return asked(() => set.lineReport(by, { since, until, limit, signal: hand.signal }, named));
      return asked(() => set.report(by, { since, until, limit, bucket }, named));
    }
    const within = await asked(() => set.findWithText(text, query, undefined, hand.signal));
    // they come lowest number first
    const marks = new Uint8Array((within.at(-1) ?? 0) + 1);
    for (const root of within) marks[root] = 1;
    if (by === 'problem' || by === 'deferral')
      return asked(() => set.lineReport(by, { since, until, limit, signal: hand.signal }, { within: marks }));
    return asked(() => set.report(by, { since, until, limit, bucket }, { within: marks }));
  }

  values(_hand: Hand, name: string, field: LogField, prefix: string, limit: number): LogValue[] {
    return this.#get(name).set.values(field, prefix, limit);
  }

  /** How much is in a set: what a mirror says about itself. */
  extent(_hand: Hand, name: string): { lines: number; generation: number; summary: LogSet | null } {
    const { set, generation } = this.#get(name);
    return { lines: set.lineCount, generation, summary: this.sets(_hand).find((one) => one.name === name) ?? null };
  }

  /** Opens a set for appending: this thread is then its only writer. */
  openLive(_hand: Hand, name: string): { lines: number; files: { path: string; bytes: number }[] } {
    const known = this.#open.get(name);
    const opened = known?.appends === true ? known : this.#openSet(name, true);
    const files = opened.set.info.sources.map(({ path, bytes }) => ({ path, bytes }));
    return { lines: opened.set.lineCount, files };
  }

  addFile(_hand: Hand, name: string, path: string, shown: string): void {
    this.#get(name).set.addFile(path, shown);
  }

  /** Reads what the files have grown by. */
  append(_hand: Hand, name: string): { lines: number; added: number; first: string | null; last: string | null } {
    const opened = this.#get(name);
    const { lines } = opened.set.append();
    if (lines > 0) {
      opened.generation = ++this.#generation;
      opened.orders.clear();
    }
    const { first, last } = opened.set.info;
    const iso = (seconds: number): string | null => (seconds > 0 ? new Date(seconds * 1000).toISOString() : null);
    return { lines: opened.set.lineCount, added: lines, first: iso(first), last: iso(last) };
  }

  /** Saves, and leaves the set to readers. */
  closeLive(_hand: Hand, name: string): void {
    const opened = this.#open.get(name);
    if (opened?.appends !== true) return;
    opened.set.save();
    this.#close(name);
  }

  save(_hand: Hand, name: string): void {
    const opened = this.#get(name);
    opened.set.save();
    opened.stamp = this.#stamp(name);
  }

  /** Lines of a set from a place on: those that a tail's reader wants, and how far it has come. */
  async slice(
    _hand: Hand,
    name: string,
    from: number,
    count: number,
    filter: LogFilter,
    traces: boolean,
  ): Promise<{ next: number; lines: LiveLine[]; traces: Trace[] }> {
    const { set } = this.#get(name);
    const all = set.slice(from, count);
    const needle = filter.text?.toLowerCase();
    const { text: _, ...criteria } = filter;
    const query = queryOf(criteria);
    const holds = (line: LiveLine): boolean => needle === undefined || line.text.toLowerCase().includes(needle);
    let lines = all.filter(holds);
    const touched = [...new Set(lines.flatMap(({ trace }) => trace ?? []))];
    let chosen: Trace[] | null = null;
    if (Object.values(query).some((value) => value !== undefined)) {
      // What a trace is may change with every line of it: asked anew each time.
      chosen = await asked(() => set.show(set.find({ ...query, within: set.among(touched) })));
      const ids = new Set(chosen.map(({ id }) => id));
      lines = lines.filter(({ trace }) => trace !== null && ids.has(trace));
    }
    if (traces) chosen ??= touched.flatMap((id) => set.trace(id) ?? []);
    return { next: from + all.length, lines, traces: traces ? (chosen ?? []) : [] };
  }

  #get(name: string): Opened {
    const known = this.#open.get(name);
    if (known !== undefined && (known.appends || known.stamp === this.#stamp(name))) return known;
    return this.#openSet(name, false);
  }

  #openSet(name: string, append: boolean): Opened {
    this.#close(name);
    // A writer may replace the tables between our reading its manifest and opening them: then look again.
    for (let tries = 0; ; tries++) {
      const stamp = this.#stamp(name);
      try {
        const set = this.#index.open(name, { append });
        if (set === undefined) throw existsSync(join(this.#dir, name, ORIGIN)) ? outdated(name) : noSet(name);
        const opened = {
          set,
          stamp,
          generation: ++this.#generation,
          orders: new Map<string, Uint32Array>(),
          appends: append,
        };
        this.#open.set(name, opened);
        return opened;
      } catch (error) {
        if (tries >= 3 || stamp === this.#stamp(name)) throw criterion(error);
      }
    }
  }

  #close(name: string): void {
    const opened = this.#open.get(name);
    this.#open.delete(name);
    void opened?.set.close();
  }

  #stamp(name: string): string {
    try {
      const { ino, mtimeMs, size } = statSync(join(this.#dir, name, 'manifest.json'));
      return `${ino}/${mtimeMs}/${size}`;
    } catch {
      return '';
    }
  }

  #origin(name: string): Origin | undefined {
    try {
      return JSON.parse(readFileSync(join(this.#dir, name, ORIGIN), 'utf8')) as Origin;
    } catch {
      return undefined;
    }
  }

  async #find(opened: Opened, filter: LogFilter, sort: Sort | null, signal: AbortSignal): Promise<Uint32Array> {
    const key = JSON.stringify([filter, sort]);
    const known = opened.orders.get(key);
    if (known !== undefined) return known;
    const { text, ...rest } = filter;
    const query = queryOf(rest);
    const order = sort ?? undefined;
    const { generation } = opened;
    const found = await asked(() =>
      text === undefined ? opened.set.find(query, order) : opened.set.findWithText(text, query, order, signal),
    );
    if (opened.generation !== generation) return found;
    const oldest = opened.orders.keys().next().value;
    if (opened.orders.size >= ORDERS && oldest !== undefined) opened.orders.delete(oldest);
    opened.orders.set(key, found);
    return found;
  }
}

const ORIGIN = 'origin.json';

function filesOf(set: OpenSet, damage: NonNullable<Origin['damage']>): LogSourceFile[] {
  return set.info.sources.map(({ name, lines, bytes, troubles }) => ({
    name,
    lines,
    bytes,
    troubles: { ...troubles, ...damage[name] },
  }));
}

function unbuilt(name: string, { paths, zone }: Origin): LogSet {
  const nothing = { created: null, sources: 0, lines: 0, bytes: 0, diskBytes: 0, first: null, last: null };
  return { name, state: 'outdated', zone: zone ?? null, ...nothing, paths };
}

/** The trace as the terminal prints it: its sentence in words. */
function plain(trace: Trace): unknown {
  return 'explanation' in trace ? { ...trace, explanation: english(trace.explanation) } : trace;
}

/** Runs a question; what the engine says about a bad one reaches the caller as that. */
async function asked<T>(act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw criterion(error);
  }
}

function criterion(error: unknown): unknown {
  return error instanceof RangeError ? badCriterion(error.message) : error;
}
