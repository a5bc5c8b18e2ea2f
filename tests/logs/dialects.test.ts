import { describe, expect, it } from 'vitest';
import { DIALECTS } from '#log-index/dialects/index.ts';
import { Dictionary, dictionaryMemory } from '#log-index/scan/dictionary.ts';
import { ACTIONS, dsnText, FIELDS, HEADER_WORDS, KIND_NAMES, signed, STATUSES } from '#log-index/scan/records.ts';
import { hostMemory, Scanner } from '#log-index/scan/scanner.ts';

/** The record of one line, as names and texts; empty fields left out. Hashes stay numbers. */
function describeLine(line: string): { kind: string; fields: Record<string, unknown>; hash: (text: string) => number } {
  const dict = new Dictionary(dictionaryMemory(1000, 1 << 16));
  const scanner = new Scanner(dict, hostMemory());
  const bytes = Buffer.from(`${line}\n`);
  expect(scanner.run(bytes, 0, bytes.length)).toBe(1);
  const rec = scanner.rec;
  const kind = KIND_NAMES[(rec[0] ?? 0) & 255] ?? '';
  const fields: Record<string, unknown> = {};
  let at = HEADER_WORDS;
  for (const [name, type] of Object.entries(FIELDS[kind as keyof typeof FIELDS])) {
    const word = rec[at++] ?? 0;
    if (type === 'list') {
      const list: string[] = [];
      for (let i = 0; i < word; i++) list.push(dict.text(rec[at++] ?? 0));
      if (list.length > 0) fields[name] = list;
    } else if (word !== 0) {
      fields[name] =
        type === 's'
          ? dict.text(word)
          : type === 'dsn'
            ? dsnText(word)
            : type === 'status'
              ? STATUSES[word]
              : type === 'action'
                ? ACTIONS[word]
                : type === 'h'
                  ? word
                  : signed(word);
    }
  }
  const hash = (text: string): number => {
    const b = Buffer.from(text);
    return dict.hash(b, new DataView(b.buffer, b.byteOffset, b.byteLength), 0, b.length) >>> 0;
  };
  return { kind, fields, hash };
}

describe('every dialect reads its own samples', () => {
  for (const dialect of DIALECTS) {
    describe(dialect.name, () => {
      it('has samples', () => expect(dialect.samples.length).toBeGreaterThan(0));
      for (const sample of dialect.samples) {
        it(sample.line.slice(0, 110), () => {
          const { kind, fields, hash } = describeLine(sample.line);
          expect(kind).toBe(sample.kind);
          const types = FIELDS[sample.kind] as Record<string, string>;
          const want = Object.fromEntries(
            Object.entries(sample.fields ?? {}).map(([k, v]) => [k, types[k] === 'h' ? hash(String(v)) : v]),
          );
          expect(fields).toEqual(want);
        });
      }
    });
  }

  it('no program is claimed twice', () => {
    const seen = new Set<string>();
    for (const d of DIALECTS) {
      for (const p of d.programs) {
        const key = `${d.postfix === true ? 'postfix/' : ''}${p}`;
        expect(seen.has(key), key).toBe(false);
        seen.add(key);
      }
    }
  });
});
