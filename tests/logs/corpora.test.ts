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
  const { rec } = scanner;
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
  misses: { what: string; why: string }[];
}

const newTally = (): Tally => ({ good: 0, total: 0, misses: [] });

/** Services whose lines the index reads: every address must be found. */
const READ = [
  'courier-auth',
  'cyrus-imap',
  'dovecot',
  'exim',
  'exim-spam',
  'postfix',
  'qmail',
  'recidive',
  'roundcube-auth',
  'sieve',
  'sogo-auth',
  'uwimap-auth',
];

/** Services whose lines stay plain lines, and why. */
const NOT_READ: Record<string, string> = {
  assp: 'a proxy with a log of its own format',
  'courier-smtp': 'Courier as a mail server is not a supported family; its logins are read',
  directadmin: 'a web panel',
  'domino-smtp': 'HCL Domino is not a supported family',
  'froxlor-auth': 'a web panel',
  horde: 'webmail with a log of its own format',
  kerio: 'Kerio Connect is not a supported family',
  monit: 'no mail service',
  openwebmail: 'webmail with a log of its own format',
  oracleims: 'Oracle Messaging Server is not a supported family',
  perdition: 'an IMAP proxy: it names the client only while it connects onward',
  'sendmail-auth': 'Sendmail is not a supported family',
  'sendmail-reject': 'Sendmail is not a supported family',
  'solid-pop3d': 'a POP3 server without a release since 2003',
  squirrelmail: 'webmail with a log of its own format',
};

/** Addresses that fail2ban finds in the lines of a service. */
function fail2ban(file: string): Tally {
  const tally = newTally();
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
      else tally.misses.push({ what: `${want.host} in ${line.slice(0, 160)}`, why: NOT_READ[file] ?? '' });
    }
    want = null;
  }
  return tally;
}

/** Fields of the grok patterns that the index keeps, by their names there. */
const GROK_FIELDS = ['queueid', 'client_ip', 'from', 'to', 'orig_to', 'relay', 'dnsbl_domain'] as const;

/** Why a field of a grok case is not in the record of its line. */
function whyNot(file: string, field: string, message: string): string {
  if (file.startsWith('anvil')) return 'statistics of anvil(8) belong to no trace';
  if (/TLS connection established/.test(message)) return 'the session knows its client from the connect line';
  if (/: (?:info|prepend|milter-header-\w+): /.test(message) && (field === 'from' || field === 'to'))
    return 'header checks change nothing about the envelope, which qmgr and the delivery lines name';
  return '';
}

/** What the grok patterns of whyscream find in Postfix messages, against what the index keeps of them. */
function grok(): Record<string, Tally> {
  const tallies: Record<string, Tally> = {};
  const dir = join(CORPORA, 'whyscream-grok');
  for (const file of readdirSync(dir)) {
    const yaml = readFileSync(join(dir, file), 'utf8');
    const data = /^data: (?:"(.*)"|'(.*)'|(.*))$/m.exec(yaml);
    if (data === null) continue;
    const daemon = (/^([a-z_]+?)_\d+\.yaml$/.exec(file)?.[1] ?? '').replace('tls_features', 'smtp');
    const message = (data[1] ?? data[2] ?? data[3] ?? '').replaceAll('\\"', '"').replaceAll('\\\\', '\\');
    const found = strings(`Nov  2 10:00:00 mx postfix/${daemon.replace('_', '-')}[1]: ${message}`);
    const results: Record<string, string> = {};
    for (const m of yaml.matchAll(/^ +postfix_([\w-]+): (?:"(.*)"|'(.*)'|(.*))$/gm))
      results[m[1] ?? ''] = m[2] ?? m[3] ?? m[4] ?? '';
    const pairs = (results.keyvalue_data ?? '').replaceAll('\\"', '"');
    for (const key of ['from', 'to', 'orig_to', 'relay']) {
      const value = new RegExp(`(?:^|[ ,])${key}=<?([^>,]*)>?`).exec(pairs)?.[1];
      if (value !== undefined) results[key] = value;
    }
    for (const field of GROK_FIELDS) {
      const value = results[field];
      if (value === undefined || value === '' || value === 'NOQUEUE') continue;
      const tally = (tallies[field] ??= newTally());
      tally.total++;
      if (found.has(value)) tally.good++;
      else
        tally.misses.push({ what: `${file}: ${value} in ${message.slice(0, 120)}`, why: whyNot(file, field, message) });
    }
  }
  return tallies;
}

function show(name: string, tally: Tally): void {
  console.log(`${name}: ${tally.good} of ${tally.total}`);
  for (const { what, why } of tally.misses) console.log(`  miss ${what}${why === '' ? '' : ` (${why})`}`);
}

const meta = there ? {} : { reason: 'the corpora are not here (POSTDECK_CORPORA)' };
describe('public corpora', { skip: !there, meta }, () => {
  it.each(READ)('every address that fail2ban finds in %s lines is found', (file) => {
    const tally = fail2ban(file);
    show(`fail2ban ${file}`, tally);
    expect(tally.total).toBeGreaterThan(0);
    expect(tally.misses).toEqual([]);
  });

  it('every other service of fail2ban stays plain for a reason', () => {
    for (const file of readdirSync(join(CORPORA, 'fail2ban'))) {
      if (READ.includes(file)) continue;
      const tally = fail2ban(file);
      console.log(`fail2ban ${file}: ${tally.good} of ${tally.total}: ${NOT_READ[file]}`);
      expect(NOT_READ[file], file).toBeDefined();
    }
  });

  it('what grok patterns find in Postfix lines is found, or left out for a reason', () => {
    for (const [field, tally] of Object.entries(grok())) {
      show(`grok ${field}`, tally);
      expect(tally.misses.filter(({ why }) => why === '')).toEqual([]);
    }
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
