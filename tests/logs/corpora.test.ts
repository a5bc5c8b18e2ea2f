/**
 * Lines that nobody here wrote, where a copy of the public corpora stands beside the project. They are read from
 * there and never copied. Set POSTDECK_CORPORA to another place; without one these tests are skipped.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Dictionary, dictionaryMemory } from '#log-index/scan/dictionary.ts';
import { FIELDS, HEADER_WORDS, KIND_NAMES } from '#log-index/scan/records.ts';
import { hostMemory, Scanner } from '#log-index/scan/scanner.ts';
import { Room } from './helpers.ts';

const CORPORA = process.env.POSTDECK_CORPORA ?? join(import.meta.dirname, '../../../shared/corpora');
const there = existsSync(CORPORA);

/** Every string that the record of a line names. */
function strings(line: string): Set<string> {
  const dict = new Dictionary(dictionaryMemory(200, 1 << 14));
  const scanner = new Scanner(dict, hostMemory());
  const bytes = Buffer.from(`${line}\n`);
  scanner.run(bytes, 0, bytes.length);
  const { rec } = scanner.scan;
  const kind = KIND_NAMES[(rec[0] ?? 0) & 255] ?? 'plain';
  const out = new Set<string>();
  let at = HEADER_WORDS;
  for (const type of Object.values(FIELDS[kind])) {
    const word = rec[at++] ?? 0;
    if (type === 's') out.add(dict.text(word));
    if (type === 'list') for (let i = 0; i < word; i++) out.add(dict.text(rec[at++] ?? 0));
  }
  return out;
}

interface Tally {
  good: number;
  total: number;
  misses: string[];
}

/** Addresses that fail2ban finds in the lines of a service. */
function fail2ban(file: string): Tally {
  const tally: Tally = { good: 0, total: 0, misses: [] };
  let want: { match?: boolean; host?: string } | null = null;
  for (const line of readFileSync(join(CORPORA, 'fail2ban', file), 'utf8').split('\n')) {
    const json = /^# ?failJSON: (\{.*\})/.exec(line);
    if (json) {
      want = JSON.parse(json[1] ?? '{}');
      continue;
    }
    if (line.startsWith('#') || line.trim() === '' || want === null) continue;
    if (want.match === true && want.host !== undefined && /^[\d.]+$|:/.test(want.host)) {
      tally.total++;
      if (strings(line).has(want.host)) tally.good++;
      else tally.misses.push(`${file}: ${want.host} in ${line.slice(0, 160)}`);
    }
    want = null;
  }
  return tally;
}

/** Queue ids that the grok patterns of whyscream find in Postfix messages. */
function grok(): Tally {
  const tally: Tally = { good: 0, total: 0, misses: [] };
  const dir = join(CORPORA, 'whyscream-grok');
  for (const file of readdirSync(dir)) {
    const yaml = readFileSync(join(dir, file), 'utf8');
    const data = /^data: (?:"(.*)"|'(.*)'|(.*))$/m.exec(yaml);
    const id = /^ +postfix_queueid: "?([^"\n]+)"?$/m.exec(yaml)?.[1];
    const daemon = /^([a-z_]+?)_\d+\.yaml$/.exec(file)?.[1] ?? '';
    if (id === undefined || id === 'NOQUEUE' || data === null || daemon === 'tls_features') continue;
    const message = (data[1] ?? data[2] ?? data[3] ?? '').replaceAll('\\"', '"');
    tally.total++;
    if (strings(`Nov  2 10:00:00 mx postfix/${daemon.replace('_', '-')}[1]: ${message}`).has(id)) tally.good++;
    else tally.misses.push(`${file}: ${id} in ${message.slice(0, 120)}`);
  }
  return tally;
}

function show(name: string, tally: Tally): void {
  console.log(`${name}: ${tally.good} of ${tally.total}`);
  for (const miss of tally.misses) console.log(`  miss ${miss}`);
}

describe.skipIf(!there)('public corpora', () => {
  it.each([
    ['postfix', 0.95],
    ['dovecot', 0.85],
    ['exim', 0.75],
  ])('addresses that fail2ban finds in %s lines', (file, least) => {
    const tally = fail2ban(file);
    show(`fail2ban ${file}`, tally);
    expect(tally.good / tally.total).toBeGreaterThanOrEqual(least);
  });

  it('queue ids that grok patterns find in Postfix lines', () => {
    const tally = grok();
    show('grok queue ids', tally);
    expect(tally.good / tally.total).toBeGreaterThanOrEqual(0.98);
  });

  it("Exim's own expected logs: every arrival is a message", async () => {
    using room = new Room();
    const dir = join(CORPORA, 'exim/log');
    const text = readdirSync(dir)
      .map((f) => readFileSync(join(dir, f), 'latin1'))
      .join('\n');
    const set = await room.index([room.file('mainlog', Buffer.from(text, 'latin1'))]);
    const ids = new Set(
      [...text.matchAll(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (\w{6}-\w{9,11}-\w{4}|\w{6}-\w{6}-\w{2}) <= /gm)].map(
        (m) => m[1] ?? '',
      ),
    );
    let good = 0;
    for (const id of ids) if (set.traces({ queueId: id }, { limit: 1 }).total > 0) good++;
    console.log(`exim arrivals: ${good} of ${ids.size}`);
    expect(good).toBe(ids.size);
    await set.close();
  });

  it('every file of every corpus is read to its last line', async () => {
    using room = new Room();
    const files: string[] = [];
    const visit = (dir: string): void => {
      for (const e of readdirSync(dir, { withFileTypes: true })) {
        if (e.isDirectory()) visit(join(dir, e.name));
        else files.push(join(dir, e.name));
      }
    };
    for (const name of ['lnav', 'qmail', 'rspamd', 'postfix-parser-js']) visit(join(CORPORA, name));
    for (const file of files) {
      const set = await room.index([file]);
      const bytes = readFileSync(file);
      const lines = bytes.filter((c) => c === 10).length + (bytes.length > 0 && bytes.at(-1) !== 10 ? 1 : 0);
      expect(set.lineCount, file).toBe(lines);
      await set.close();
    }
  });
});
