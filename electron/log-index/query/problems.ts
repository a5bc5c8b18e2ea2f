/** What programs complain of in the raw lines: warnings, errors, fatal errors and panics, like ones counted together. */
import type { LogSet } from '../index/log-set.ts';
import type { SearchPool } from '../scan/search-pool.ts';
import { showLine } from './lines.ts';
import { redact } from './redact.ts';
import type { Report } from './report.ts';
import { searchSet } from './search.ts';

/** The words that Postfix and Dovecot put before a complaint, from the mildest. */
const LEVELS = ['warning', 'error', 'fatal', 'panic'] as const;

/** Lines read for one level: a server that complains more often than this repeats itself. */
const MOST_LINES = 200_000;

export interface ProblemOptions {
  /** Unix seconds. */
  since?: number;
  until?: number;
  /** Rows, the worst and most frequent first. Default 50; 0 = all. */
  limit?: number;
  /** Only lines of traces whose roots are marked. */
  within?: Uint8Array;
  signal?: AbortSignal;
}

/** A complaint: `postfix/smtpd[10]: warning: ..`, also behind a queue id or Dovecot's own prefix. */
const COMPLAINT =
  /^.{0,120}?: (?:[0-9A-Za-z]{5,20}: )?(?:[\w-]+(?:\([^)]{0,200}\))?(?:<[^>]{0,99}>){0,2}: )?(warning|error|fatal|panic): (.*)$/is;

/** The same again, as rsyslog and journald sum it up: `message repeated 4 times: [ warning: ..]`. */
const REPEATED = /^.{0,120}?: message repeated (\d{1,9}) times: \[ ?(warning|error|fatal|panic): (.*)\]$/is;

/** One row for each kind of complaint of a program. */
export async function problems(set: LogSet, pool: SearchPool, options: ProblemOptions = {}): Promise<Report> {
  const { since = 0, until = Number.POSITIVE_INFINITY, limit = 50, within, signal } = options;
  const timed = options.since !== undefined || options.until !== undefined;
  const found = new Map<string, { level: number; program: string; words: string; count: number; last: string }>();
  for (const [level, name] of LEVELS.entries()) {
    for await (const lines of searchSet(set, pool, `${name}: `, true, MOST_LINES, signal)) {
      for (const line of lines) {
        const place = set.lines.place(line);
        if (place === undefined) continue;
        if (within !== undefined && (place.node === 0 || within[set.root(place.node)] !== 1)) continue;
        const raw = set.rawAt(place).toString('utf8', 0, 2000);
        const again = REPEATED.exec(raw);
        const [, is, said = ''] = COMPLAINT.exec(raw) ?? again?.slice(1) ?? [];
        // a line that only quotes the word, or one that another level counts
        if (is?.toLowerCase() !== name) continue;
        const times = again === null ? 1 : Number(again[1]);
        const shown = showLine(set, line, set.info.last);
        if (timed) {
          const at = shown.time === null ? Number.NaN : Date.parse(shown.time) / 1000;
          if (!(at >= since && at <= until)) continue;
        }
        const program = shown.program ?? '';
        const words = alike(redact(said));
        const key = `${level} ${program} ${words}`;
        const row = found.get(key);
        if (row === undefined) found.set(key, { level, program, words, count: times, last: shown.time ?? '' });
        else {
          row.count += times;
          if ((shown.time ?? '') > row.last) row.last = shown.time ?? '';
        }
      }
    }
  }
  const rows = [...found.values()].sort(
    (a, b) => b.level - a.level || b.count - a.count || (a.words < b.words ? -1 : 1),
  );
  return {
    by: 'problem',
    columns: ['problem', 'count', 'last'],
    rows: (limit > 0 ? rows.slice(0, limit) : rows).map(({ level, program, words, count, last }) => [
      `${program}: ${LEVELS[level]}: ${words}`,
      count,
      last,
    ]),
  };
}

/** A complaint without what differs each time: addresses, names of clients, numbers, long words in base64. */
function alike(words: string): string {
  return words
    .replace(/[^\s[]+\[[0-9a-f.:]+\](?::\d+)?/gi, '[]')
    .replace(/<[^>]*>|[^\s<>,;=]+@[\w.-]+/g, '<>')
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}\b/gi, '[]')
    .replace(/\b(hostname|host|name|user|domain) [\w-]+(?:\.[\w-]+)+/gi, '$1 …')
    .replace(/(failed: )[A-Za-z0-9+/]{4,}={0,2}(?=$|[ ,])/, '$1…')
    .replace(/\b(?=[0-9A-F]*\d)[0-9A-F]{5,}\b|\d{2,}/g, '#')
    .slice(0, 200)
    .trim();
}
