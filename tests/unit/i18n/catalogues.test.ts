import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CompiledMessage, compileMessageOrThrow } from '@lingui/message-utils/compileMessage';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LOCALES } from '#shared/model/settings.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const FOLDER = join(root, 'resources', 'locales');

/** Messages of a catalogue: id, and the words; the id stands for itself in English where it is the message. */
function messagesOf(locale: string, folder = FOLDER): Map<string, string> {
  const found = new Map<string, string>();
  for (const block of readFileSync(join(folder, `${locale}.po`), 'utf8').split(/\n{2,}/)) {
    const [id, words] = ['msgid', 'msgstr'].map((name) => field(block, name));
    if (id !== undefined && id !== '' && words !== undefined) found.set(id, words);
  }
  return found;
}

/** A PO string: one or more quoted lines after its keyword. */
function field(block: string, name: string): string | undefined {
  const lines = new RegExp(`^${name} ((?:"(?:[^"\\\\]|\\\\.)*"\\n?)+)`, 'm').exec(block)?.[1];
  return lines
    ?.trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string)
    .join('');
}

type Part = CompiledMessage[number];
/** A case without values in it is compiled to a plain string. */
const partsOf = (message: CompiledMessage | string): readonly Part[] =>
  typeof message === 'string' ? [message] : message;

/** Names of the values, and the plural forms of each count. */
function anatomy(message: CompiledMessage): { values: Set<string>; plurals: string[][] } {
  const values = new Set<string>();
  const plurals: string[][] = [];
  const walk = (part: Part): void => {
    if (!Array.isArray(part)) return;
    const [name, kind, forms] = part;
    values.add(name);
    if (typeof forms !== 'object' || forms === null) return;
    const cases = Object.entries(forms).filter(([form]) => form !== 'offset');
    if (kind === 'plural') plurals.push(cases.map(([form]) => form));
    for (const [, said] of cases) partsOf(said as CompiledMessage).forEach(walk);
  };
  partsOf(message).forEach(walk);
  return { values, plurals };
}

const tags = (words: string): string => (words.match(/<\/?\w+\/?>/g) ?? []).sort().join('');

describe('the catalogues', () => {
  const english = messagesOf('en');

  test('hold what the program says, and nothing it says no longer', () => {
    expect(english.size).toBeGreaterThan(1000);
  });

  describe.each(LOCALES.filter((locale) => locale !== 'en'))('%s', (locale) => {
    const messages = messagesOf(locale);

    test('has every message', () => {
      const missing = [...english.keys()].filter((id) => (messages.get(id) ?? '') === '');
      expect(missing).toEqual([]);
    });

    test('takes the same values and the same marks as English', () => {
      const wrong = [...english].flatMap(([id, words]) => {
        const translated = messages.get(id) ?? '';
        if (translated === '') return [];
        const [own, theirs] = [words, translated].map((each) => anatomy(compileMessageOrThrow(each)).values);
        const isSame = own?.size === theirs?.size && [...(own ?? [])].every((name) => theirs?.has(name));
        return isSame && tags(words) === tags(translated) ? [] : [{ id, words, translated }];
      });
      expect(wrong).toEqual([]);
    });

    test('counts as the language counts', () => {
      const forms = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
      const short = [...messages].flatMap(([id, words]) =>
        // One that only tells nothing or exactly one from the rest (=0, =1) needs no forms.
        anatomy(compileMessageOrThrow(words)).plurals.some(
          (has) => has.includes('one') && forms.some((form) => !has.includes(form)),
        )
          ? [{ id, words }]
          : [],
      );
      expect(short).toEqual([]);
    });
  });
});

describe('collecting the messages again', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'postdeck-locales-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  // Parses every source file: seconds on a busy machine.
  vi.setConfig({ testTimeout: 120_000 });

  test('changes nothing: `npm run i18n` was run after the last message was written', () => {
    cpSync(FOLDER, folder, { recursive: true });
    const lingui = join(root, 'node_modules', '@lingui', 'cli', 'dist', 'lingui.js');
    const config = join(import.meta.dirname, 'lingui.config.mjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [lingui, 'extract', '--clean', '--config', config], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, CATALOGUES_DIR: folder },
    });
    expect(status, `${stdout}\n${stderr}`).toBe(0);
    for (const locale of ['en', 'pl', 'nb']) {
      expect(Object.fromEntries(messagesOf(locale, folder)), `${locale}.po`).toEqual(
        Object.fromEntries(messagesOf(locale)),
      );
    }
  });
});
