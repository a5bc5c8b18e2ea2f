import type {
  QueueFilter,
  QueueGroup,
  QueueGroupBy,
  QueueMessage,
  QueueReading,
  QueueRow,
  QueueSort,
  QueueWindow,
} from '#shared/model/queue.ts';
import { isEmpty, messageTest } from './filter.ts';
import { type Group, gather } from './group.ts';
import { sortPlaces } from './sort.ts';

export interface ViewAsked {
  filter: QueueFilter;
  sort: QueueSort;
  group: QueueGroupBy | null;
  collapsed: readonly string[];
  offset: number;
  count: number;
}

interface View {
  places: Uint32Array;
  size: number;
  groups: Group[] | null;
  /** Messages there were when it was made. */
  of: number;
  /** When it was ready and how long it took to make, in ms. */
  at: number;
  took: number;
}

/** Views kept: two windows on one queue, each before and after a change of sorting. */
const VIEWS = 4;
/**
 * While messages still come, a view is shown for so many times as long as it took to make: the eyes see it grow, and
 * making views takes a tenth of the time at most from reading on.
 */
const GROWS_EVERY = 10;
/** Ages move on; a view that depends on them is made again after this. */
const AGE_STEP_MS = 10_000;

/** The messages of one reading, and the views of them that were asked for. Filled while the reading goes on. */
export class Snapshot {
  readonly messages: QueueMessage[] = [];
  reading: QueueReading;
  /** SASL logins have been read and filled in. */
  loginsRead = false;
  readonly #views = new Map<string, View>();

  constructor(reading: QueueReading) {
    this.reading = reading;
  }

  add(batch: readonly QueueMessage[]): void {
    const { reading } = this;
    for (const message of batch) {
      this.messages.push(message);
      reading.counts[message.queue] = (reading.counts[message.queue] ?? 0) + 1;
      reading.size += message.size;
    }
    reading.read = this.messages.length;
  }

  fillLogins(logins: ReadonlyMap<string, string>): void {
    for (const message of this.messages) message.login = logins.get(message.id) ?? null;
    this.loginsRead = true;
    this.#views.clear();
  }

  matching(filter: QueueFilter, now = Date.now()): QueueMessage[] {
    return isEmpty(filter) ? [...this.messages] : this.messages.filter(messageTest(filter, now));
  }

  summary(filter: QueueFilter, by: QueueGroupBy, now = Date.now()): QueueGroup[] {
    const messages = this.matching(filter, now);
    return gather(messages.keys(), messages, by, now, false).map(({ head }) => head);
  }

  window(asked: ViewAsked, now = Date.now()): QueueWindow {
    const view = this.#view(asked, now);
    const closed = new Set(asked.collapsed);
    const { rows, totalRows } =
      view.groups === null ? this.#flat(view, asked) : this.#grouped(view.groups, closed, asked);
    return {
      generation: this.reading.generation,
      rows,
      offset: asked.offset,
      totalRows,
      matched: view.places.length,
      matchedSize: view.size,
      total: view.of,
    };
  }

  #flat(view: View, { offset, count }: ViewAsked): { rows: QueueRow[]; totalRows: number } {
    return { rows: this.#rows(view.places.subarray(offset, offset + count)), totalRows: view.places.length };
  }

  #grouped(
    groups: readonly Group[],
    closed: ReadonlySet<string>,
    { offset, count }: ViewAsked,
  ): { rows: QueueRow[]; totalRows: number } {
    const rows: QueueRow[] = [];
    let row = 0;
    for (const { head, places } of groups) {
      const collapsed = closed.has(head.key);
      if (row >= offset && rows.length < count) rows.push({ kind: 'group', group: head, collapsed });
      row += 1;
      if (collapsed) continue;
      const from = Math.max(0, offset - row);
      if (from < places.length && rows.length < count && row + places.length > offset) {
        rows.push(...this.#rows(places.slice(from, from + count - rows.length)));
      }
      row += places.length;
    }
    return { rows, totalRows: row };
  }

  #rows(places: Iterable<number>): QueueRow[] {
    return [...places].flatMap((place) => {
      const message = this.messages[place];
      return message === undefined ? [] : [{ kind: 'message' as const, message }];
    });
  }

  #view({ filter, sort, group }: ViewAsked, now: number): View {
    const aged = filter.olderThan !== undefined || filter.newerThan !== undefined || group === 'age';
    const key = JSON.stringify([filter, sort, group, aged ? Math.floor(now / AGE_STEP_MS) : 0]);
    const started = performance.now();
    const known = this.#views.get(key);
    if (known !== undefined && this.#isGood(known, started)) return known;
    const test = isEmpty(filter) ? () => true : messageTest(filter, now);
    const matched = new Uint32Array(this.messages.length);
    let count = 0;
    let size = 0;
    for (const [place, message] of this.messages.entries()) {
      if (!test(message)) continue;
      matched[count] = place;
      count += 1;
      size += message.size;
    }
    const places = sortPlaces(matched.slice(0, count), this.messages, sort);
    const groups = group === null ? null : gather(places, this.messages, group, now, true);
    const at = performance.now();
    const view: View = { places, size, groups, of: this.messages.length, at, took: at - started };
    this.#views.delete(key);
    const oldest = this.#views.keys().next();
    if (this.#views.size >= VIEWS && oldest.done !== true) this.#views.delete(oldest.value);
    this.#views.set(key, view);
    return view;
  }

  #isGood({ of, at, took }: View, now: number): boolean {
    return of === this.messages.length || (this.reading.state === 'reading' && now - at < took * GROWS_EVERY);
  }
}
