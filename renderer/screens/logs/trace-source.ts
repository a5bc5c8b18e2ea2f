import type { FailureData } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { LogFilter, LogSource, TraceSort } from '#shared/model/log.ts';
import type { Trace } from '#shared/model/trace.ts';
import type { Client } from '../../api/wire.ts';

/** What the grid shows of a log. */
export interface TraceView {
  source: LogSource;
  filter: LogFilter;
  sort: TraceSort;
}

const PAGE = 200;
/** Rows asked for beyond those in sight, on both sides. */
const AHEAD = 100;
/** Pages on the way at once: whoever drags the scroll bar over a million rows wants those where it stops. */
const AT_ONCE = 4;
/** Pages kept: 64 are 12,800 traces, some 20 MB. A log has millions. */
const KEPT = 64;

/**
 * Traces of a view by index, fetched in pages around what is in sight. Only pages near what was last looked at are
 * kept. While a new view is under way the old rows stay.
 */
export class TraceSource {
  readonly #client: Client;
  #view: TraceView | null = null;
  /** In the order of their last use. */
  #pages = new Map<number, readonly Trace[]>();
  #asked = new Set<number>();
  #wanted = { first: 0, last: 0 };
  #control = new AbortController();
  #listeners = new Set<() => void>();
  #version = 0;

  total: number | null = null;
  failure: FailureData | null = null;
  /** The first page of a new view is under way; what is shown belongs to the old one. */
  pending = false;

  constructor(client: Client) {
    this.#client = client;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  version = (): number => this.#version;

  /** Shows another view, or the same one anew. Its rows replace the old ones when the first page is there. */
  show(view: TraceView): void {
    if (JSON.stringify(view.source) !== JSON.stringify(this.#view?.source)) {
      this.#pages.clear();
      this.total = null;
    }
    this.#view = view;
    this.#control.abort();
    this.#control = new AbortController();
    this.#asked.clear();
    this.#wanted = { first: 0, last: 50 };
    this.pending = true;
    this.failure = null;
    void this.#first();
  }

  again(): void {
    if (this.#view !== null) this.show(this.#view);
  }

  traceAt(index: number): Trace | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Index of a trace among the loaded rows. */
  indexOf(id: string): number | undefined {
    for (const [page, traces] of this.#pages) {
      const at = traces.findIndex((trace) => trace.id === id);
      if (at >= 0) return page * PAGE + at;
    }
    return undefined;
  }

  /** Asks for the rows in sight and some around them. */
  ensure(first: number, last: number): void {
    this.#wanted = { first, last };
    if (this.#view === null || this.pending || this.total === null) return;
    const to = Math.floor(Math.min(Math.max(0, this.total - 1), last + AHEAD) / PAGE);
    for (let page = Math.floor(Math.max(0, first - AHEAD) / PAGE); page <= to; page += 1) {
      const known = this.#pages.get(page);
      if (known !== undefined) {
        this.#pages.delete(page);
        this.#pages.set(page, known);
      } else if (!this.#asked.has(page) && this.#asked.size < AT_ONCE) {
        void this.#load(page);
      }
    }
  }

  dispose(): void {
    this.#control.abort();
  }

  async #first(): Promise<void> {
    const { signal } = this.#control;
    try {
      const window = await this.#ask(0, signal);
      if (signal.aborted) return;
      this.#pages = new Map([[0, window.traces]]);
      this.total = window.total;
      this.pending = false;
      this.#tell();
      this.ensure(this.#wanted.first, this.#wanted.last);
    } catch (error) {
      if (!signal.aborted) this.#fail(error, signal);
    }
  }

  async #load(page: number): Promise<void> {
    const { signal } = this.#control;
    this.#asked.add(page);
    try {
      const window = await this.#ask(page, signal);
      if (signal.aborted) return;
      this.#pages.set(page, window.traces);
      for (const [old] of this.#pages) {
        if (this.#pages.size <= KEPT) break;
        this.#pages.delete(old);
      }
      this.total = window.total;
      this.#tell();
    } catch (error) {
      if (!signal.aborted) this.#fail(error, signal);
    } finally {
      if (!signal.aborted) {
        this.#asked.delete(page);
        // A page that failed would fail again: the reader asks anew.
        if (this.failure === null) this.ensure(this.#wanted.first, this.#wanted.last);
      }
    }
  }

  #ask(page: number, signal: AbortSignal) {
    if (this.#view === null) throw new Error('no view');
    return this.#client.logs.traces({ ...this.#view, offset: page * PAGE, count: PAGE }, { signal });
  }

  #fail(error: unknown, signal: AbortSignal): void {
    this.failure = failureOf(error, signal);
    this.pending = false;
    this.#tell();
  }

  #tell(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
