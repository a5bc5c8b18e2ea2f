import type { LiveLine } from '#shared/model/log.ts';
import type { Text } from '#shared/model/text.ts';
import type { Trace } from '#shared/model/trace.ts';

/**
 * Rows kept, the newest: some 25 MB, a quarter of an hour of a server that writes 50 lines a second. Older ones are in
 * the index, where a search finds them.
 */
export const MOST_LINES = 50_000;
/** Characters kept of all lines together: anybody can make a mail server write long ones. */
export const MOST_CHARS = 24_000_000;
/** Characters kept of one line; a line may be 10 MB. The story and the log itself hold the rest. */
export const LONGEST = 16_384;
/** Messages and sessions kept, the newest. */
export const MOST_TRACES = 5_000;

/** What a line is about, by the program that wrote it. */
export const FAMILIES = ['postfix', 'dovecot', 'filter', 'other'] as const;
export type Family = (typeof FAMILIES)[number];

/** Something one must know to read the lines around it. */
export type Mark =
  | { what: 'cut'; why: Text | null }
  | { what: 'back' }
  | { what: 'gap'; why: Text }
  | { what: 'rotated' }
  | { what: 'skipped'; lines: number };

interface Row {
  server: string;
  /** Epoch milliseconds; a line without a time has that of the line before. */
  at: number;
  /** It fell out of the ring. */
  gone: boolean;
}
export type LineRow = Row & { kind: 'line'; line: LiveLine; family: Family };
export type MarkRow = Row & { kind: 'mark'; mark: Mark };
export type LiveRow = LineRow | MarkRow;

export interface TraceRow {
  server: string;
  trace: Trace;
  /** How often it has changed. */
  stamp: number;
  gone: boolean;
}

const FILTERS =
  /^(?:rspamd|amavis|spamd|spamassassin|clam|freshclam|opendkim|opendmarc|postgrey|milter|policyd|sqlgrey)/i;

export function familyOf(program: string | null): Family {
  if (program === null) return 'other';
  if (/^postfix\b/i.test(program) || /^post(?:log|screen|map|alias|super)/i.test(program)) return 'postfix';
  if (/^dovecot\b/i.test(program)) return 'dovecot';
  return FILTERS.test(program) ? 'filter' : 'other';
}

/** A copy of its own: a slice would keep the whole long line in memory. */
function short(line: LiveLine): LiveLine {
  if (line.text.length <= LONGEST) return line;
  return { ...line, text: JSON.parse(JSON.stringify(`${line.text.slice(0, LONGEST)}…`)) as string };
}

/**
 * The newest lines of some servers in the order of their times, and the newest of their traces. Bounded: what is kept
 * does not grow, however long it runs.
 */
export class LiveRing {
  readonly #mostLines: number;
  #rows: LiveRow[] = [];
  #chars = 0;
  readonly #traces = new Map<string, TraceRow>();
  /** Lines taken in since it was last cleared, kept or not. */
  taken = 0;

  constructor(mostLines = MOST_LINES) {
    this.#mostLines = mostLines;
  }

  /** In their order. The array is another one after every change. */
  get rows(): readonly LiveRow[] {
    return this.#rows;
  }

  /** In the order of their first line here. */
  get traces(): readonly TraceRow[] {
    return [...this.#traces.values()];
  }

  trace(server: string, id: string): TraceRow | undefined {
    return this.#traces.get(`${server} ${id}`);
  }

  lines(server: string, lines: readonly LiveLine[], now: number): void {
    this.taken += lines.length;
    let at = this.#lastOf(server);
    const rows = lines.map((each): LineRow => {
      const line = short(each);
      const time = line.time === null ? Number.NaN : Date.parse(line.time);
      at = Number.isNaN(time) ? (at ?? now) : time;
      this.#chars += line.text.length;
      return { kind: 'line', server, at, gone: false, line, family: familyOf(line.program) };
    });
    this.#add(rows);
  }

  mark(server: string, mark: Mark, now: number): void {
    this.#add([{ kind: 'mark', server, at: this.#lastOf(server) ?? now, gone: false, mark }]);
  }

  touch(server: string, traces: readonly Trace[]): void {
    for (const trace of traces) {
      const key = `${server} ${trace.id}`;
      const row = this.#traces.get(key);
      this.#traces.set(key, { server, trace, stamp: (row?.stamp ?? 0) + 1, gone: false });
    }
    for (const [key, row] of this.#traces) {
      if (this.#traces.size <= MOST_TRACES) break;
      row.gone = true;
      this.#traces.delete(key);
    }
  }

  clear(): void {
    for (const row of this.#rows) row.gone = true;
    this.#rows = [];
    this.#chars = 0;
    this.#traces.clear();
    this.taken = 0;
  }

  /** Forgets what came from a server. */
  leave(server: string): void {
    this.#rows = this.#rows.filter((row) => {
      row.gone ||= row.server === server;
      return !row.gone;
    });
    this.#chars = this.#rows.reduce((sum, row) => sum + size(row), 0);
    for (const [key, row] of this.#traces) if (row.server === server) this.#traces.delete(key);
  }

  #lastOf(server: string): number | undefined {
    return this.#rows.findLast((row) => row.server === server)?.at;
  }

  /**
   * Rows of one server, in its order. Lines of two servers come in their own batches: where those overlap in time, the
   * end is merged. Lines of one server are never put in another order than its log has.
   */
  #add(fresh: readonly LiveRow[]): void {
    const [first] = fresh;
    if (first === undefined) return;
    const { server } = first;
    let from = this.#rows.length;
    while (from > 0) {
      const before = this.#rows[from - 1];
      if (before === undefined || before.server === server || before.at <= first.at) break;
      from -= 1;
    }
    const tail = this.#rows.slice(from);
    const merged: LiveRow[] = [];
    let next = 0;
    for (const row of fresh) {
      for (let old = tail[next]; old !== undefined && old.at <= row.at; old = tail[next]) {
        merged.push(old);
        next += 1;
      }
      merged.push(row);
    }
    const rows = [...this.#rows.slice(0, from), ...merged, ...tail.slice(next)];
    let drop = Math.max(0, rows.length - this.#mostLines);
    for (let at = 0; at < rows.length && (at < drop || this.#chars > MOST_CHARS); at += 1) {
      const row = rows[at];
      if (row === undefined) break;
      row.gone = true;
      this.#chars -= size(row);
      drop = Math.max(drop, at + 1);
    }
    this.#rows = drop === 0 ? rows : rows.slice(drop);
  }
}

function size(row: LiveRow): number {
  return row.kind === 'line' ? row.line.text.length : 0;
}
