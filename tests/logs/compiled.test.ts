import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from '#log-index/compiled/compile.ts';
import { CORRELATOR, SCANNER } from '#log-index/compiled/programs.ts';
import { FOREVER } from '#log-index/correlate/correlator.ts';
import { createEngine } from '#log-index/correlate/engine.ts';
import { settle } from '#log-index/correlate/settle.ts';
import { DIALECTS } from '#log-index/dialects/index.ts';
import { usedColumns } from '#log-index/index/table.ts';
import { ZoneClock } from '#log-index/index/zone-clock.ts';
import { LIMITS } from '#log-index/limits.ts';
import { Dictionary, DictionaryFull, dictionaryMemory } from '#log-index/scan/dictionary.ts';
import { FIELDS, HEADER_WORDS, KIND_NAMES } from '#log-index/scan/records.ts';
import { hostMemory, Scanner } from '#log-index/scan/scanner.ts';
import { LogStore } from '#log-index/store.ts';
import { DEFAULTS, generate, type GenerateOptions } from '../bench/genlog/generate.ts';
import { Random } from '../bench/genlog/random.ts';
import { strange } from './mutate.ts';

/** The same sources run as JavaScript and compiled; whatever the lines, they must say the same of each. */
let program: object;
let correlator: object;
const folder = mkdtempSync(join(tmpdir(), 'postdeck-compiled-'));
beforeAll(async () => {
  program = new WebAssembly.Module(await compile(SCANNER));
  correlator = new WebAssembly.Module(await compile(CORRELATOR));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The records of some lines, with texts for the numbers of strings: those are given out in another order. */
function recordsOf(bytes: Buffer, compiled: boolean): string[] {
  const dict = new Dictionary(dictionaryMemory(400_000, 32 << 20, 4711));
  const scanner = new Scanner(dict, hostMemory(), compiled ? program : undefined);
  const lines = scanner.run(bytes, 0, bytes.length);
  const { rec } = scanner;
  const out: string[] = [];
  let at = 0;
  for (let i = 0; i < lines; i++) {
    const word = rec[at] ?? 0;
    const end = at + (word >>> 20);
    const kind = KIND_NAMES[word & 255] ?? '';
    const said: (string | number)[] = [kind, ...rec.subarray(at, at + HEADER_WORDS)];
    at += HEADER_WORDS;
    for (const type of Object.values(FIELDS[kind as keyof typeof FIELDS])) {
      if (at >= end) break;
      const value = rec[at++] ?? 0;
      said.push(type === 's' ? dict.text(value) : value);
      if (type === 'list') for (let k = 0; k < value; k++) said.push(dict.text(rec[at++] ?? 0));
    }
    out.push(said.join('\t'));
    at = end;
  }
  return out;
}

function expectSame(bytes: Buffer): void {
  const compiled = recordsOf(bytes, true);
  const script = recordsOf(bytes, false);
  const at = script.findIndex((record, i) => record !== compiled[i]);
  expect(compiled[at]).toBe(script[at]);
  expect(compiled.length).toBe(script.length);
}

const variants: Partial<GenerateOptions>[] = [
  { seed: 61 },
  { seed: 62, time: 'rfc3339', ids: 'long' },
  { seed: 63, time: 'mixed', ids: 'mixed', jitter: 0.02, hosts: ['mx1', 'mx2', 'mx3'] },
];

function generated(options: Partial<GenerateOptions>): Buffer {
  const log = join(folder, `${options.seed}.log`);
  generate({ ...DEFAULTS, bytes: 3e6, ...options }, log, join(folder, 'truth'), join(folder, 'lines'));
  return readFileSync(log);
}

/** Everything that is known after these lines: tables and lines. They are taken in pieces, as chunks are. */
function tracesOf(bytes: Buffer, compiled: boolean, year: number): number[][] {
  const dict = new Dictionary(dictionaryMemory(400_000, 32 << 20, 4711));
  const scanner = new Scanner(dict, hostMemory());
  const engine = createEngine(0, dictWithLittleRoom(dict), compiled ? correlator : null);
  const { c, room } = engine;
  const clock = new ZoneClock('Europe/Warsaw', year);
  c.aside.zone = clock;
  const out: number[][] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = bytes.indexOf(10, from + 100_000) + 1 || bytes.length;
    const total = scanner.run(bytes, from, to);
    c.fit(dict.size + 1);
    c.lines = room.words(total * 3);
    engine.at = 0;
    engine.i = 0;
    engine.run(scanner.rec, total, FOREVER, clock.last);
    expect(engine.i).toBe(total);
    clock.last = engine.seconds;
    c.lineBase += total;
    settle(c, false);
    out.push([...c.lines]);
    from = to;
  }
  settle(c, true);
  for (const table of Object.values(c.t)) for (const column of usedColumns(table)) out.push([...column]);
  out.push([c.first, c.latest]);
  return out;
}

/** The same strings, but arrays indexed by them have to grow. */
function dictWithLittleRoom(dict: Dictionary): Dictionary {
  return Object.create(dict, { most: { value: 100 } }) as Dictionary;
}

function expectSameTraces(bytes: Buffer, year = 2026): void {
  expect(tracesOf(bytes, true, year)).toEqual(tracesOf(bytes, false, year));
}

describe('the compiled correlator tells what the script tells', () => {
  for (const options of variants) {
    it(`of a log with ${JSON.stringify(options)}`, () => expectSameTraces(generated(options)));
  }

  it('of the samples of every dialect', () => {
    const lines = DIALECTS.flatMap(({ samples }) => samples.map(({ line }) => line));
    expectSameTraces(Buffer.from(`${[...lines, ...lines.toReversed()].join('\n')}\n`));
  });

  it('of Exim and qmail', () => {
    for (const name of ['exim-mainlog', 'qmail-send', 'qmail-smtpd'])
      expectSameTraces(readFileSync(join(import.meta.dirname, 'fixtures', `${name}.log`)));
  });

  it('of mutated lines', () => {
    const random = new Random(72);
    const lines = Array.from({ length: 20_000 }, () => Buffer.concat([strange(random), Buffer.from('\n')]));
    expectSameTraces(Buffer.concat(lines));
  });

  it('of a message with hundreds of recipients', () => {
    const lines = Array.from(
      { length: 600 },
      (_, i) =>
        `Nov  2 00:00:01 mx1 postfix/smtp[7]: BA0D5145580: to=<u${i % 300}@a.example>, relay=b.example[192.0.2.1]:25, ` +
        `delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)`,
    );
    expectSameTraces(Buffer.from(lines.join('\n')));
  });

  it('of the years in which a second no longer fits 31 bits', () => {
    expectSameTraces(generated({ seed: 64, start: '2037-12-01T15:00:00' }), 2037); // END is in the middle of it
    expectSameTraces(generated({ seed: 65 }), 2045);
  });
});

// 64 KB each: at the first the tables have no room, at the second they have no room to grow
for (const pages of [64, 140]) {
  it(`a log for which ${pages} pages do not suffice is indexed by the script instead`, async () => {
    const options = CORRELATOR.options.map((option) => (option === '65536' ? String(pages) : option));
    const small = new WebAssembly.Module(await compile({ ...CORRELATOR, options }));
    const log = join(folder, 'many.log');
    writeFileSync(log, generated({ seed: 66, bytes: 6e6 }));
    const counts: number[] = [];
    for (const program of [small, null]) {
      const store = new LogStore(join(folder, `sets-${pages}`), undefined, 1, program);
      const { set } = await store.index('a', [log], { year: 2026, zone: 'Europe/Warsaw' });
      counts.push(set.lines.count, set.t.nodes.n, set.t.recipients.n);
      set.close();
    }
    expect(counts.slice(0, 3)).toEqual(counts.slice(3));
  });
}

describe('the compiled scanner says what the script says', () => {
  it('of the samples of every dialect', () => {
    const lines = DIALECTS.flatMap(({ samples }) => samples.map(({ line }) => line));
    expectSame(Buffer.from(`${lines.join('\n')}\n`));
    for (const line of lines) expectSame(Buffer.from(line)); // the last line may lack its newline
  });

  for (const options of variants) {
    it(`of a log with ${JSON.stringify(options)}`, () => expectSame(generated(options)));
  }

  it('of mutated lines', () => {
    const random = new Random(71);
    const lines = Array.from({ length: 20_000 }, () => Buffer.concat([strange(random), Buffer.from('\n')]));
    expectSame(Buffer.concat(lines));
  });

  it('of lines without an end, empty lines and lines too long to be parsed', () => {
    const long = 'x'.repeat(LIMITS.parsedLineBytes + 10);
    const text = `${'\n'.repeat(700_000)}Nov  2 00:00:01 mx1 postfix/qmgr[1]: ${long}\n${'a'.repeat(3 * LIMITS.readBytes)}`;
    expectSame(Buffer.from(text));
  });

  it('when the dictionary is full, and after it has grown', () => {
    const bytes = Buffer.from(
      Array.from(
        { length: 5000 },
        (_, i) => `Nov  2 00:00:00 mx1 postfix/cleanup[1]: BA0D5145580: message-id=<${i}@a>`,
      ).join('\n'),
    );
    const small = new Dictionary(dictionaryMemory(16, 1 << 16));
    const scanner = new Scanner(small, hostMemory(), program);
    expect(() => scanner.run(bytes, 0, bytes.length)).toThrow(DictionaryFull);
    let grown = small;
    while (grown.most < 10_000) grown = grown.grown();
    scanner.use(grown);
    expect(scanner.run(bytes, 0, bytes.length)).toBe(5000);
    expect(grown.find('4999@a')).toBeGreaterThan(0);
  });
});
