import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { openLogStore } from '#log-index/index.ts';
import { Finder, TEXT_AT } from '#log-index/scan/finder.ts';
import { createWorker } from '#log-index/scan/pool.ts';
import { SearchPool } from '#log-index/scan/search-pool.ts';
import { Random } from '../bench/genlog/random.ts';
import { Room } from './helpers.ts';

const HEAD = 'Nov  2 10:00:00 mx1 postfix/qmgr[12]: ';

/** ASCII letters alone fold, as the search says. */
const lower = (text: string): string => text.replace(/[A-Z]/g, (c) => c.toLowerCase());

/** Numbers of the lines that hold the text, counted from 1. */
function holding(lines: readonly string[], text: string, exact: boolean): number[] {
  const wanted = exact ? text : lower(text);
  return lines.flatMap((line, i) => ((exact ? line : lower(line)).includes(wanted) ? [i + 1] : []));
}

describe('the finder', () => {
  it('finds every place of every needle, and no other', () => {
    const finder = new Finder();
    const random = new Random(5);
    const letters = 'aAbB[{@`k\u212a0 ';
    for (let round = 0; round < 400; round++) {
      const length = Math.floor(random.next() * 300);
      const text = Buffer.from(
        Array.from({ length }, () => letters[Math.floor(random.next() * letters.length)] ?? 'a').join(''),
      );
      const from = Math.floor(random.next() * text.length);
      const needle =
        random.next() < 0.8
          ? text.subarray(from, from + 1 + Math.floor(random.next() * 8))
          : Buffer.from('aAbBaAbBaAbBaAbBaAbB'.slice(0, 1 + Math.floor(random.next() * 20)));
      if (needle.length === 0) continue;
      const fold = random.next() < 0.5;
      // what stands behind the end must not count
      finder.memory.fill(needle, TEXT_AT, TEXT_AT + text.length + 64 + needle.length);
      text.copy(finder.memory, TEXT_AT);
      finder.aim(needle, fold, text);
      const found: number[] = [];
      for (let at = TEXT_AT; ; at = (found.at(-1) ?? 0) + TEXT_AT + 1) {
        const hit = finder.next(at, TEXT_AT + text.length);
        if (hit < 0) break;
        found.push(hit - TEXT_AT);
      }
      const [a, b] = fold
        ? [lower(text.toString('latin1')), lower(needle.toString('latin1'))]
        : [text.toString('latin1'), needle.toString('latin1')];
      const expected: number[] = [];
      for (let at = a.indexOf(b); at >= 0; at = a.indexOf(b, at + 1)) expected.push(at);
      expect(found, JSON.stringify({ a, b, fold })).toEqual(expected);
    }
  });
});

describe('free text', () => {
  it.each(['plain', 'packed'])('is found in lines of any length and place: %s', async (how) => {
    using room = new Room();
    const random = new Random(9);
    const word = (): string =>
      ['Timed out', 'timed OUT', 'rate', 'x'.repeat(40), 'Ärger', '@Example.ORG'][Math.floor(random.next() * 6)] ?? '';
    const lines = Array.from({ length: 20_000 }, (_, i) => `${HEAD}${i} ${word()} ${word()}`);
    // longer than what is searched at once, with what is sought at its beginning, in its middle and at its end
    lines[7_000] = `${HEAD}needle-one ${'y'.repeat(1_300_000)} needle-two`;
    lines[7_001] = `${HEAD}${'z'.repeat(700_000)} needle-two ${'z'.repeat(700_000)}`;
    lines[19_999] = `${HEAD}needle-last`;
    const text = lines.join('\n'); // no newline behind the last line
    const set = await room.index([how === 'plain' ? room.file('a.log', text) : room.file('a.log.gz', gzipSync(text))]);
    const needles = [
      'needle-one',
      'needle-two',
      'needle-last',
      'NEEDLE-LAST',
      'timed out',
      'Timed out',
      '@example.org',
      'Ärger',
      'ärger',
      'ate',
      '4',
      'nowhere',
      ' y',
    ];
    for (const needle of needles) {
      for (const exact of [true, false]) {
        const found = await set.lines(needle, { exact, limit: 1_000_000 });
        expect(
          found.map((line) => line.line),
          `${needle} ${exact}`,
        ).toEqual(holding(lines, needle, exact));
        const few = await set.lines(needle, { exact, limit: 3 });
        expect(few).toEqual(found.slice(0, 3));
      }
    }
    await expect(set.lines('')).rejects.toThrow(RangeError);
    await expect(set.lines('x'.repeat(5000))).rejects.toThrow(RangeError);
    expect(await set.lines('out\nNov')).toEqual([]);
    await set.close();
  });

  it('in several files comes in the order of the set, and names traces', async () => {
    using room = new Room();
    const files = Array.from({ length: 12 }, (_, i) =>
      room.file(
        `mail.log.${12 - i}`,
        `Nov  2 ${String(i + 1).padStart(2, '0')}:00:00 mx1 postfix/qmgr[12]: AAAAAAAA${String(i).padStart(2, '0')}: from=<u${i}@example.org>, size=1, nrcpt=1 (queue active)\n`,
      ),
    );
    const set = await room.index(files);
    expect((await set.lines('EXAMPLE.org')).map((line) => /from=<(\w+)@/.exec(line.text)?.[1])).toEqual(
      files.map((_, i) => `u${i}`),
    );
    expect((await set.tracesWithText('u7@', {})).total).toBe(1);
    expect([...(await set.findWithText('example', { from: 'u3@example.org' }))]).toHaveLength(1);
    await set.close();
  });

  it('of a cancelled search is sought no further', async () => {
    using room = new Room();
    const files = Array.from({ length: 80 }, (_, i) => room.file(`f${i}.log`, `${HEAD}here\n`));
    let tasks = 0;
    const counted = (): Worker => {
      const worker = createWorker();
      const post = worker.postMessage.bind(worker);
      worker.postMessage = (message: { type: string }) => {
        if (message.type === 'search') tasks++;
        post(message);
      };
      return worker;
    };
    const store = openLogStore(join(room.dir, 'counted'), { createWorker: counted, workers: 2 });
    const { set } = await store.index('a', files, { zone: 'UTC', year: 2026 });
    const stop = new AbortController();
    const seen: string[] = [];
    const search = async (): Promise<void> => {
      for await (const lines of set.linesAsFound('here', { limit: 1000, signal: stop.signal })) {
        seen.push(...lines.map((line) => line.text));
        if (seen.length === 3) stop.abort(new Error('enough'));
      }
    };
    await expect(search()).rejects.toThrow('enough');
    expect(seen).toHaveLength(3);
    expect(tasks).toBeLessThan(10);
    tasks = 0;
    for await (const _ of set.linesAsFound('here', { limit: 1000 })) break;
    expect(tasks).toBeLessThan(10);
    expect(await set.lines('here', { limit: 1000 })).toHaveLength(80);
    await set.close();
  });
});

describe('search threads', () => {
  it('stay for the next search and end when none comes', async () => {
    using room = new Room();
    const path = room.file('a.log', 'one\ntwo\nthree\n');
    let made = 0;
    const pool = new SearchPool(
      () => {
        made++;
        return createWorker();
      },
      2,
      20,
    );
    const task = { path, parts: [{ from: 0, to: 14 }], packed: false, needle: Buffer.from('t'), fold: false, most: 9 };
    expect([...(await pool.run(task)).at]).toEqual([4, 8]);
    await vi.waitFor(() => expect(pool.running).toBe(0), { timeout: 20_000 });
    expect(made).toBe(1);
    const both = await Promise.all([pool.run(task), pool.run(task), pool.run(task)]);
    expect(both.map(({ at }) => at.length)).toEqual([2, 2, 2]);
    expect(made).toBe(3);
    await expect(pool.run({ ...task, path: join(room.dir, 'gone') })).rejects.toThrow('ENOENT');
    await pool.close();
    expect(pool.running).toBe(0);
  });
});
