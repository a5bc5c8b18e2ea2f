import type { QueueFilter, QueueGroup, QueueGroupBy, QueueMessage, QueueRow, QueueSort } from '#shared/model/queue.ts';
import type { FailureData } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { Client } from '../../api/wire.ts';

/** What the grid shows of the last reading. */
export interface View {
  serverId: string;
  filter: QueueFilter;
  sort: QueueSort;
  group: QueueGroupBy | null;
  collapsed: readonly string[];
}

export interface Totals {
  rows: number;
  matched: number;
  matchedSize: number;
  total: number;
}

const PAGE = 200;
/** Rows asked for beyond those in sight, on both sides. */
const AHEAD = 100;

/**
 * Rows of a view by index, fetched in pages around what is in sight. A queue has more rows than a page may hold, so
 * rows live here and not in the query cache: a refresh fetches the pages in sight and swaps them at once, and until
 * then the old rows stay.
 */
export class RowSource {
  readonly #client: Client;
  #view: View | null = null;
  #pages = new Map<number, readonly QueueRow[]>();
  #wanted = { first: 0, last: 0 };
  #control = new AbortController();
  #asked = new Set<number>();
  #again = false;
  #refreshing = false;
  #listeners = new Set<() => void>();
  #version = 0;

  totals: Totals | null = null;
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

  /** Shows another view. Its rows replace the old ones when the first page is there. */
  show(view: View): void {
    const other = this.#view?.serverId !== view.serverId;
    this.#view = view;
    this.#control.abort();
    this.#control = new AbortController();
    this.#asked.clear();
    this.#refreshing = false;
    this.#wanted = { first: 0, last: 50 };
    if (other) {
      this.#pages.clear();
      this.totals = null;
    }
    this.pending = true;
    void this.refresh();
  }

  rowAt(index: number): QueueRow | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  messageAt(index: number): QueueMessage | undefined {
    const row = this.rowAt(index);
    return row?.kind === 'message' ? row.message : undefined;
  }

  /** Head of the group a row stands in, as far as it is loaded. */
  groupAbove(index: number): { index: number; group: QueueGroup; collapsed: boolean } | undefined {
    for (let at = index; at >= 0; at -= 1) {
      const row = this.rowAt(at);
      if (row === undefined) return undefined;
      if (row.kind === 'group') return { index: at, group: row.group, collapsed: row.collapsed };
    }
    return undefined;
  }

  /** Index of a message among the loaded rows. */
  indexOf(id: string): number | undefined {
    for (const [page, rows] of this.#pages) {
      const at = rows.findIndex((row) => row.kind === 'message' && row.message.id === id);
      if (at >= 0) return page * PAGE + at;
    }
    return undefined;
  }

  /** Asks for the rows in sight and some around them. */
  ensure(first: number, last: number): void {
    this.#wanted = { first, last };
    if (this.#view === null || this.pending || this.totals === null) return;
    for (const page of this.#near()) {
      if (!this.#pages.has(page) && !this.#asked.has(page)) void this.#load(page);
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
      const pages = [...this.#near()];
      const windows = await Promise.all(pages.map((page) => this.#fetch(page, signal)));
      if (signal.aborted) return;
      this.#pages = new Map(pages.map((page, at) => [page, windows[at]?.rows ?? []]));
      const [one] = windows;
      if (one !== undefined) this.#take(one);
      this.failure = null;
      this.pending = false;
      this.#asked.clear();
      this.#tell();
      this.ensure(this.#wanted.first, this.#wanted.last);
    } catch (error) {
      if (!signal.aborted) {
        this.failure = failureOf(error, signal);
        this.pending = false;
        this.#tell();
      }
    } finally {
      if (!signal.aborted) {
        this.#refreshing = false;
        if (this.#again) {
          this.#again = false;
          void this.refresh();
        }
      }
    }
  }

  /** Rows `from` to `to` (exclusive), loaded or not: for ranges and groups that are ticked at once. */
  async range(from: number, to: number): Promise<QueueRow[]> {
    const rows: QueueRow[] = [];
    for (let at = from; at < to; at += 1000) {
      const window = await this.#ask(at, Math.min(1000, to - at), this.#control.signal);
      rows.push(...window.rows);
    }
    return rows;
  }

  /** Messages of a group that is shown closed. Rows before its head do not depend on it, so its place stays. */
  async groupRows(head: number, group: QueueGroup): Promise<QueueRow[]> {
    const view = this.#view;
    if (view === null) return [];
    const rows: QueueRow[] = [];
    const collapsed = view.collapsed.filter((key) => key !== group.key);
    for (let at = 0; at < group.count; at += 1000) {
      const window = await this.#client.queue.window(
        { ...view, collapsed, offset: head + 1 + at, count: Math.min(1000, group.count - at) },
        { signal: this.#control.signal },
      );
      rows.push(...window.rows);
    }
    return rows;
  }

  dispose(): void {
    this.#control.abort();
  }

  #near(): Set<number> {
    const last = Math.max(0, (this.totals?.rows ?? PAGE) - 1);
    const pages = new Set<number>();
    const from = Math.floor(Math.max(0, this.#wanted.first - AHEAD) / PAGE);
    const to = Math.floor(Math.min(last, this.#wanted.last + AHEAD) / PAGE);
    for (let page = from; page <= to; page += 1) pages.add(page);
    if (pages.size === 0) pages.add(0);
    return pages;
  }

  async #load(page: number): Promise<void> {
    const { signal } = this.#control;
    this.#asked.add(page);
    try {
      const window = await this.#fetch(page, signal);
      if (signal.aborted) return;
      this.#pages.set(page, window.rows);
      this.#take(window);
      this.#tell();
    } catch (error) {
      if (signal.aborted) return;
      this.failure = failureOf(error, signal);
      this.#tell();
    } finally {
      this.#asked.delete(page);
    }
  }

  #fetch(page: number, signal: AbortSignal) {
    return this.#ask(page * PAGE, PAGE, signal);
  }

  #ask(offset: number, count: number, signal: AbortSignal) {
    const view = this.#view;
    if (view === null) throw new Error('no view');
    return this.#client.queue.window({ ...view, collapsed: [...view.collapsed], offset, count }, { signal });
  }

  #take(window: { totalRows: number; matched: number; matchedSize: number; total: number }): void {
    this.totals = {
      rows: window.totalRows,
      matched: window.matched,
      matchedSize: window.matchedSize,
      total: window.total,
    };
  }

  #tell(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
