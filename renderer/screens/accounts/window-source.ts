import type { FailureData } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';

/** Rows asked for at once. */
const PAGE = 200;
/** Rows fetched beyond those in sight. */
const AHEAD = 100;

export interface WindowOf<Row> {
  rows: readonly Row[];
  matching: number;
  total: number;
}

/**
 * Rows of a list that is longer than anybody scrolls: pages near what is in sight are held, the rest is asked for when
 * it comes into sight. Old rows stay until new ones are there, so that nothing blinks.
 */
export class WindowSource<View, Row> {
  readonly #fetch: (view: View, offset: number, count: number, signal: AbortSignal) => Promise<WindowOf<Row>>;
  readonly #listeners = new Set<() => void>();
  #pages = new Map<number, readonly Row[]>();
  #asked = new Set<number>();
  #control = new AbortController();
  #view: View | null = null;
  #drop = false;
  #version = 0;
  #sight = { first: 0, last: 0 };
  /** null: nothing has been read yet. */
  matching: number | null = null;
  total = 0;
  failure: FailureData | null = null;

  constructor(fetch: (view: View, offset: number, count: number, signal: AbortSignal) => Promise<WindowOf<Row>>) {
    this.#fetch = fetch;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  version = (): number => this.#version;

  /** Shows another search or order; the rows of the last one go when the first of this one come. */
  show(view: View): void {
    this.#view = view;
    this.#sight = { first: 0, last: 0 };
    this.#again();
  }

  /** Asks again for the same view. */
  refresh(): void {
    if (this.#view !== null) this.#again();
  }

  rowAt(index: number): Row | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Index of a row among those held. */
  indexOf(fits: (row: Row) => boolean): number | undefined {
    for (const [page, rows] of this.#pages) {
      const at = rows.findIndex(fits);
      if (at >= 0) return page * PAGE + at;
    }
    return undefined;
  }

  ensure(first: number, last: number): void {
    this.#sight = { first, last };
    if (this.#view === null || this.#drop) return;
    for (const page of this.#near()) {
      if (!this.#pages.has(page) && !this.#asked.has(page)) void this.#load(page);
    }
  }

  dispose(): void {
    this.#control.abort();
  }

  #again(): void {
    this.#control.abort();
    this.#control = new AbortController();
    this.#asked = new Set();
    this.#drop = true;
    for (const page of this.#near()) void this.#load(page);
  }

  #near(): number[] {
    const end = this.matching === null ? 0 : Math.max(0, this.matching - 1);
    const from = Math.floor(Math.max(0, this.#sight.first - AHEAD) / PAGE);
    const to = Math.max(from, Math.floor(Math.min(end, this.#sight.last + AHEAD) / PAGE));
    return Array.from({ length: to - from + 1 }, (_, at) => from + at);
  }

  async #load(page: number): Promise<void> {
    const { signal } = this.#control;
    if (this.#view === null) return;
    this.#asked.add(page);
    try {
      const found = await this.#fetch(this.#view, page * PAGE, PAGE, signal);
      if (signal.aborted) return;
      if (this.#drop) this.#pages = new Map();
      this.#drop = false;
      this.#pages.set(page, found.rows);
      this.matching = found.matching;
      this.total = found.total;
      this.failure = null;
    } catch (error) {
      if (signal.aborted) return;
      this.failure = failureOf(error, signal);
    } finally {
      if (!signal.aborted) this.#asked.delete(page);
    }
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
