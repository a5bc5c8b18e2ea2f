import type { FailureData } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';

/** Rows asked for at once. */
const PAGE = 200;
/** Rows asked for beyond those in sight, on both sides. */
const AHEAD = 100;
/** Pages on the way at once: whoever drags the scroll bar over a million rows wants those where it stops. */
const AT_ONCE = 3;
/** Rows asked for at once where somebody waits for all of them. */
const RANGE = 1000;

export interface PageOf<Row, Head> {
  rows: readonly Row[];
  /** Rows of the whole view. */
  count: number;
  /** What is told of the whole view beside its rows. */
  head: Head;
}

export type FetchRows<View, Row, Head> = (
  view: View,
  offset: number,
  count: number,
  signal: AbortSignal,
) => Promise<PageOf<Row, Head>>;

/**
 * Rows of a list that is longer than a page may hold, by index, fetched in pages around what is in sight. They live here
 * and not in the query cache: a refresh fetches the pages in sight and swaps them at once, and until then, as while
 * another view is on its way, the old rows stay, so that nothing blinks.
 */
export class PagedRows<View, Row, Head> {
  readonly #fetch: FetchRows<View, Row, Head>;
  readonly #placeOf: (view: View) => string;
  readonly #keep: number;
  readonly #listeners = new Set<() => void>();
  #view: View | null = null;
  /** In the order of their last use. */
  #pages = new Map<number, readonly Row[]>();
  #asked = new Set<number>();
  #sight = { first: 0, last: 0 };
  #control = new AbortController();
  #refreshing = false;
  #again = false;
  #version = 0;
  #outline = 0;
  #taking = 0;
  #told = '';

  /** Rows of the view; null: nothing has been read yet. */
  count: number | null = null;
  head: Head | null = null;
  failure: FailureData | null = null;
  /** The first rows of another view are on their way; what is shown belongs to the last one. */
  pending = false;

  /**
   * @param placeOf Names what the rows are of. Those of another place go at once: a server's rows are not shown as another's.
   * @param keep Pages held, those looked at last; default all.
   */
  constructor(fetch: FetchRows<View, Row, Head>, placeOf: (view: View) => string, keep = Number.POSITIVE_INFINITY) {
    this.#fetch = fetch;
    this.#placeOf = placeOf;
    this.#keep = keep;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Moves with every change. */
  version = (): number => this.#version;

  /** Moves with the count, the head, a failure or another view, and not with each page: for all but the rows. */
  outline = (): number => this.#outline;

  get view(): View | null {
    return this.#view;
  }

  /**
   * Shows another view, or the same one anew.
   *
   * @param from `top`: the reader begins at the first row. `here`: the rows in sight keep their places.
   */
  show(view: View, from: 'top' | 'here' = 'top'): void {
    if (this.#view !== null && this.#placeOf(this.#view) !== this.#placeOf(view)) {
      this.#pages.clear();
      this.count = null;
      this.head = null;
    }
    this.#view = view;
    this.#control.abort();
    this.#control = new AbortController();
    this.#asked.clear();
    this.#refreshing = false;
    this.#again = false;
    if (from === 'top') this.#sight = { first: 0, last: 0 };
    this.pending = true;
    this.failure = null;
    this.#tell();
    void this.refresh();
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

  /** The nearest row at an index or above it that fits, as far as the rows between are held. */
  above(index: number, fits: (row: Row) => boolean): number | undefined {
    for (let page = Math.floor(index / PAGE); page >= 0; page -= 1) {
      const rows = this.#pages.get(page);
      if (rows === undefined || (page * PAGE + rows.length <= index && rows.length < PAGE)) return undefined;
      const at = rows.findLastIndex((row, place) => page * PAGE + place <= index && fits(row));
      if (at >= 0) return page * PAGE + at;
    }
    return undefined;
  }

  /** Asks for the rows in sight and some around them. */
  ensure(first: number, last: number): void {
    this.#sight = { first, last };
    if (this.#view === null || this.pending || this.count === null) return;
    for (const page of this.#near()) {
      const known = this.#pages.get(page);
      if (known !== undefined) {
        this.#pages.delete(page);
        this.#pages.set(page, known);
      } else if (!this.#asked.has(page) && this.#asked.size < AT_ONCE) {
        void this.#load(page);
      }
    }
  }

  /** Fetches the pages in sight anew and swaps them. Calls while one runs are joined into one more. */
  async refresh(): Promise<void> {
    if (this.#view === null) return;
    if (this.#refreshing) {
      this.#again = true;
      return;
    }
    this.#refreshing = true;
    const { signal } = this.#control;
    try {
      const pages = this.#near();
      const found = await Promise.all(pages.map((page) => this.#ask(page * PAGE, PAGE, signal)));
      if (signal.aborted) return;
      this.#pages = new Map(pages.map((page, at) => [page, found[at]?.rows ?? []]));
      const [one] = found;
      if (one !== undefined) this.#take(one);
      this.failure = null;
    } catch (error) {
      if (!signal.aborted) this.failure = failureOf(error, signal);
    }
    if (signal.aborted) return;
    this.pending = false;
    this.#refreshing = false;
    this.#tell();
    if (this.#again) {
      this.#again = false;
      void this.refresh();
    } else if (this.failure === null) this.ensure(this.#sight.first, this.#sight.last);
  }

  /**
   * Hands over rows `from` to `to` (exclusive), to be ticked at once: now where all are held, so that the next key finds
   * them ticked, else when they have come, unless another range was asked for meanwhile.
   */
  async take(from: number, to: number, use: (rows: Row[]) => void): Promise<void> {
    this.#taking += 1;
    const turn = this.#taking;
    const held: Row[] = [];
    for (let at = from; at < to; at += 1) {
      const row = this.rowAt(at);
      if (row === undefined) break;
      held.push(row);
    }
    const rows = held.length === to - from ? held : await this.range(from, to);
    if (turn === this.#taking) use(rows);
  }

  /** Rows `from` to `to` (exclusive), held or not. */
  async range(from: number, to: number, view: View | null = this.#view): Promise<Row[]> {
    const rows: Row[] = [];
    const { signal } = this.#control;
    for (let at = from; at < to && view !== null; at += RANGE) {
      rows.push(...(await this.#fetch(view, at, Math.min(RANGE, to - at), signal)).rows);
    }
    return rows;
  }

  dispose(): void {
    this.#control.abort();
  }

  #near(): number[] {
    const end = Math.max(0, (this.count ?? 1) - 1);
    const to = Math.floor(Math.min(end, this.#sight.last + AHEAD) / PAGE);
    const from = Math.min(to, Math.floor(Math.max(0, this.#sight.first - AHEAD) / PAGE));
    return Array.from({ length: to - from + 1 }, (_, at) => from + at);
  }

  async #load(page: number): Promise<void> {
    const { signal } = this.#control;
    this.#asked.add(page);
    try {
      const found = await this.#ask(page * PAGE, PAGE, signal);
      if (signal.aborted) return;
      this.#pages.set(page, found.rows);
      for (const [old] of this.#pages) {
        if (this.#pages.size <= this.#keep) break;
        this.#pages.delete(old);
      }
      this.#take(found);
      this.failure = null;
    } catch (error) {
      if (signal.aborted) return;
      this.failure = failureOf(error, signal);
    }
    this.#asked.delete(page);
    this.#tell();
    // A page that failed would fail again: the reader asks anew.
    if (this.failure === null) this.ensure(this.#sight.first, this.#sight.last);
  }

  #ask(offset: number, count: number, signal: AbortSignal): Promise<PageOf<Row, Head>> {
    if (this.#view === null) throw new Error('no view');
    return this.#fetch(this.#view, offset, count, signal);
  }

  #take(found: PageOf<Row, Head>): void {
    this.count = found.count;
    this.head = found.head;
  }

  #tell(): void {
    this.#version += 1;
    const told = JSON.stringify([this.count, this.head, this.failure, this.pending, this.#view]);
    if (told !== this.#told) {
      this.#told = told;
      this.#outline += 1;
    }
    for (const listener of this.#listeners) listener();
  }
}
