import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIALECTS } from '#log-index/dialects/index.ts';
import { LIMITS } from '#log-index/limits.ts';
import { compile } from '#log-index/scan/compiled/compile.ts';
import { Dictionary, DictionaryFull, dictionaryMemory } from '#log-index/scan/dictionary.ts';
import { FIELDS, HEADER_WORDS, KIND_NAMES } from '#log-index/scan/records.ts';
import { hostMemory, Scanner } from '#log-index/scan/scanner.ts';
import { DEFAULTS, generate, type GenerateOptions } from '../bench/genlog/generate.ts';
import { Random } from '../bench/genlog/random.ts';
import { strange } from './mutate.ts';

/** The same sources run as JavaScript and compiled; whatever the lines, they must say the same of each. */
let program: object;
const folder = mkdtempSync(join(tmpdir(), 'postdeck-compiled-'));
beforeAll(async () => {
  program = new WebAssembly.Module(await compile());
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

describe('the compiled scanner says what the script says', () => {
  it('of the samples of every dialect', () => {
    const lines = DIALECTS.flatMap(({ samples }) => samples.map(({ line }) => line));
    expectSame(Buffer.from(`${lines.join('\n')}\n`));
    for (const line of lines) expectSame(Buffer.from(line)); // the last line may lack its newline
  });

  const variants: Partial<GenerateOptions>[] = [
    { seed: 61 },
    { seed: 62, time: 'rfc3339', ids: 'long' },
    { seed: 63, time: 'mixed', ids: 'mixed', jitter: 0.02, hosts: ['mx1', 'mx2', 'mx3'] },
  ];
  for (const options of variants) {
    it(`of a log with ${JSON.stringify(options)}`, () => {
      const log = join(folder, `${options.seed}.log`);
      generate({ ...DEFAULTS, bytes: 3e6, ...options }, log, join(folder, 'truth'), join(folder, 'lines'));
      expectSame(readFileSync(log));
    });
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
