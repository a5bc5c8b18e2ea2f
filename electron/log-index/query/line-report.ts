/**
 * Reports that need the raw lines: what programs complain of, and why tries were put off, those before the last one
 * included. Lines are found by free text; like ones are counted together.
 */
import type { LogSet } from '../index/log-set.ts';
import type { SearchPool } from '../scan/search-pool.ts';
import { saidOf } from './causes.ts';
import { programOf, showLine } from './lines.ts';
import { redact } from './redact.ts';
import { replyOf } from './replies.ts';
import type { Report } from './report.ts';
import { searchSet } from './search.ts';

/** Lines read for one needle: a server that says something more often than this repeats itself. */
const MOST_LINES = 1_000_000;

export type LineReportKind = 'problem' | 'deferral';

export interface LineReportOptions {
  /** Unix seconds. */
  since?: number;
  until?: number;
  /** Rows, the worst and most frequent first. Default 50; 0 = all. */
  limit?: number;
  /** Only lines of traces whose roots are marked. */
  within?: Uint8Array;
  signal?: AbortSignal;
}

/** What a line says: `rank` sorts before the count; `times`: how often it stands for itself. */
interface Said {
  rank: number;
  words: string;
  times: number;
}

interface Rule {
  needles: readonly string[];
  /** The case of letters does not count. */
  fold: boolean;
  said: (raw: string, needle: number) => Said | null;
}

/** The words that Postfix and Dovecot put before a complaint, from the mildest. */
const LEVELS = ['warning', 'error', 'fatal', 'panic'] as const;

/** A complaint: `postfix/smtpd[10]: warning: ..`, also behind a queue id or Dovecot's own prefix. */
const COMPLAINT =
  /^.{0,120}?: (?:[0-9A-Za-z]{5,20}: )?(?:[\w-]+(?:\([^)]{0,200}\))?(?:<[^>]{0,99}>){0,2}: )?(warning|error|fatal|panic): (.*)$/is;

/** The same again, as rsyslog and journald sum it up: `message repeated 4 times: [ warning: ..]`. */
const REPEATED = /^.{0,120}?: message repeated (\d{1,9}) times: \[ ?(warning|error|fatal|panic): (.*)\]$/is;

const RULES: Readonly<Record<LineReportKind, Rule>> = {
  problem: {
    needles: LEVELS.map((level) => `${level}: `),
    fold: true,
    said(raw, rank) {
      const again = REPEATED.exec(raw);
      const [, is, said = ''] = COMPLAINT.exec(raw) ?? again?.slice(1) ?? [];
      // a line that only quotes the word, or one that another level counts
      if (is?.toLowerCase() !== LEVELS[rank]) return null;
      const words = `${programOf(raw) ?? ''}: ${LEVELS[rank]}: ${alike(redact(said))}`;
      return { rank, words, times: again === null ? 1 : Number(again[1]) };
    },
  },
  deferral: {
    // Postfix, Exim, qmail
    needles: [' status=deferred (', ' defer (', ': deferral: '],
    fold: false,
    said(raw) {
      const reply = replyOf(redact(raw));
      return reply === null ? null : { rank: 0, words: alike(saidOf(reply)), times: 1 };
    },
  },
};

/** One row for each thing that lines say. */
export async function lineReport(
  set: LogSet,
  pool: SearchPool,
  by: LineReportKind,
  options: LineReportOptions = {},
): Promise<Report> {
  const { since = 0, until = Number.POSITIVE_INFINITY, limit = 50, within, signal } = options;
  const timed = options.since !== undefined || options.until !== undefined;
  const { needles, fold, said } = RULES[by];
  const found = new Map<string, Said & { last: number }>();
  for (const [needle, text] of needles.entries()) {
    for await (const lines of searchSet(set, pool, text, fold, MOST_LINES, signal)) {
      for (const line of lines) {
        const place = set.lines.place(line);
        if (place === undefined) continue;
        if (within !== undefined && (place.node === 0 || within[set.root(place.node)] !== 1)) continue;
        const what = said(set.rawAt(place).toString('utf8', 0, 2000), needle);
        if (what === null) continue;
        if (timed) {
          const { time } = showLine(set, line, set.info.last);
          const at = time === null ? Number.NaN : Date.parse(time) / 1000;
          if (!(at >= since && at <= until)) continue;
        }
        const row = found.get(what.words);
        if (row === undefined) found.set(what.words, { ...what, last: line });
        else {
          row.times += what.times;
          row.last = line;
        }
      }
    }
  }
  const rows = [...found.values()].sort((a, b) => b.rank - a.rank || b.times - a.times || (a.words < b.words ? -1 : 1));
  return {
    by,
    columns: [by, 'count', 'last'],
    rows: (limit > 0 ? rows.slice(0, limit) : rows).map(({ words, times, last }) => [
      words,
      times,
      showLine(set, last, set.info.last).time ?? '',
    ]),
  };
}

/** Words without what differs each time: addresses, names of clients, numbers, long words in base64. */
function alike(words: string): string {
  return words
    .replace(/\bhttps?:\/\/\S+/gi, '…')
    .replace(/'[^']{1,100}'/g, "'…'")
    .replace(/[^\s[]+\[[0-9a-f.:]+\](?::\d+)?/gi, '[]')
    .replace(/<[^>]*>|[^\s<>,;=]+@[\w.-]+/g, '<>')
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}\b/gi, '[]')
    .replace(/\b(hostname|host|name|user|domain) [\w-]+(?:\.[\w-]+)+/gi, '$1 …')
    .replace(/(failed: )[A-Za-z0-9+/]{4,}={0,2}(?=$|[ ,])/, '$1…')
    .replace(/\b(?=[0-9A-F]*\d)[0-9A-F]{5,}\b|\d{2,}/g, '#')
    .slice(0, 200)
    .trim();
}
