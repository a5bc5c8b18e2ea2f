import { describe, expect, test } from 'vitest';
import { PagedRows, type PageOf } from '../../../renderer/ui/grid/paged-rows.ts';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';

/** A list of a server whose answers the test lets go one by one. */
class Held {
  word = 'first';
  count = 50_000;
  readonly asked: number[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = true;

  fetch = async (view: string, offset: number, count: number): Promise<PageOf<string, number>> => {
    this.asked.push(offset);
    const { word } = this;
    if (!this.#open) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const rows = Array.from({ length: Math.max(0, Math.min(count, this.count - offset)) }, (_, at) => {
      return `${view} ${word} ${offset + at}`;
    });
    return { rows, count: this.count, head: this.count };
  };
  hold(): void {
    this.#open = false;
  }
  letGo(): void {
    this.#open = true;
    for (const go of this.#waiting.splice(0)) go();
  }
}

/** Until the rows have taken whatever was let go. */
const settled = () => new Promise<void>((resolve) => void setImmediate(resolve));
const begin = async () => {
  const held = new Held();
  const rows = new PagedRows<string, string, number>(held.fetch, (view) => view.slice(0, 1));
  rows.show('all');
  await settled();
  return { held, rows };
};

describe('rows of a list that is longer than a page may hold', () => {
  test('pages near what is in sight are asked for once', async () => {
    const { held, rows } = await begin();
    expect([rows.count, rows.head, rows.rowAt(3), rows.rowAt(900)]).toEqual([50_000, 50_000, 'all first 3', undefined]);
    rows.ensure(40_000, 40_020);
    rows.ensure(40_000, 40_020);
    await settled();
    expect(rows.rowAt(40_010)).toBe('all first 40010');
    expect(new Set(held.asked).size).toBe(held.asked.length);
    expect(held.asked.length).toBeLessThan(5);
  });

  test('old rows stay until new ones are there, and are swapped at once', async () => {
    const { held, rows } = await begin();
    rows.ensure(190, 240);
    await settled();
    held.hold();
    held.word = 'second';
    void rows.refresh();
    expect([rows.rowAt(150), rows.rowAt(250)]).toEqual(['all first 150', 'all first 250']);
    held.letGo();
    await settled();
    expect([rows.rowAt(150), rows.rowAt(250)]).toEqual(['all second 150', 'all second 250']);
  });

  test('a scroll bar dragged over everything asks for what is in sight where it stops, not for all it passed', async () => {
    const { held, rows } = await begin();
    held.hold();
    for (let at = 1000; at < 49_000; at += 500) rows.ensure(at, at + 40);
    expect(held.asked.length).toBeLessThan(6);
    held.letGo();
    await settled();
    await settled();
    expect(rows.rowAt(48_510)).toBe('all first 48510');
    expect(held.asked.length).toBeLessThan(9);
  });

  test('refreshes asked for while one runs are one more', async () => {
    const { held, rows } = await begin();
    held.hold();
    const before = held.asked.length;
    for (let turn = 0; turn < 10; turn += 1) void rows.refresh();
    held.letGo();
    await settled();
    await settled();
    expect(held.asked.length - before).toBe(2);
  });

  test('pages move the version, and the outline only where something else than rows changes', async () => {
    const { held, rows } = await begin();
    const [version, outline] = [rows.version(), rows.outline()];
    rows.ensure(40_000, 40_020);
    await settled();
    expect(rows.version()).toBeGreaterThan(version);
    expect(rows.outline()).toBe(outline);
    held.count = 49_999;
    await rows.refresh();
    expect(rows.outline()).toBeGreaterThan(outline);
  });

  test('another view where the reader stands keeps the place, and one of another place shows nothing of the last', async () => {
    const { held, rows } = await begin();
    rows.ensure(30_000, 30_040);
    await settled();
    rows.show('also', 'here');
    await settled();
    expect(rows.rowAt(30_010)).toBe('also first 30010');
    held.hold();
    rows.show('other');
    expect([rows.count, rows.rowAt(30_010), rows.rowAt(0)]).toEqual([null, undefined, undefined]);
    held.letGo();
    await settled();
    expect(rows.rowAt(0)).toBe('other first 0');
  });

  test('only so many pages are kept, and a row above that fits is found among them', async () => {
    const held = new Held();
    const rows = new PagedRows<string, string, number>(held.fetch, () => '', 3);
    rows.show('all');
    await settled();
    for (const at of [1000, 2000, 3000, 4000]) {
      rows.ensure(at, at + 20);
      await settled();
      await settled();
    }
    expect(rows.rowAt(1010)).toBeUndefined();
    expect(rows.rowAt(4010)).toBe('all first 4010');
    expect(rows.above(4010, (row) => row.endsWith(' 3905'))).toBe(3905);
    expect(rows.above(4010, (row) => row.endsWith(' 4011'))).toBeUndefined();
    expect(await rows.range(999, 2001)).toHaveLength(1002);
  });

  test('a range that is held is taken at once; of two that are not, only the last one counts', async () => {
    const { held, rows } = await begin();
    const taken: string[] = [];
    void rows.take(3, 6, (range) => taken.push(`${range.length} at once`));
    expect(taken).toEqual(['3 at once']);
    held.hold();
    const both = [rows.take(0, 5000, () => taken.push('first')), rows.take(0, 6000, () => taken.push('second'))];
    held.letGo();
    await Promise.all(both);
    expect(taken).toEqual(['3 at once', 'second']);
  });

  test('a failure is told and not asked again by itself; the next look that succeeds takes it away', async () => {
    const { held, rows } = await begin();
    let failing = true;
    const flaky = new PagedRows<string, string, number>(
      (view, offset, count) =>
        failing
          ? Promise.reject(new Failure('CONNECTION_LOST', text({ id: 'x', message: 'gone' })))
          : held.fetch(view, offset, count),
      () => '',
    );
    flaky.show('all');
    await settled();
    expect([flaky.failure?.code, flaky.pending, flaky.count]).toEqual(['CONNECTION_LOST', false, null]);
    failing = false;
    await flaky.refresh();
    expect([flaky.failure, flaky.rowAt(1)]).toEqual([null, 'all first 1']);
    rows.dispose();
  });
});
