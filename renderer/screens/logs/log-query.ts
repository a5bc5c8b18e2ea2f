import type { LogFilter } from '#shared/model/log.ts';
import { RecipientStatus } from '#shared/model/trace.ts';
import { parseDuration, parseSize, splitTerms, unquote, writeTerm } from '../../ui/search/terms.ts';

/** Words of the search bar. They stay English in every language, so that searches can be passed on. */
export const LOG_KEYS = [
  'from',
  'to',
  'address',
  'domain',
  'ip',
  'login',
  'id',
  'msgid',
  'relay',
  'status',
  'reason',
  'since',
  'until',
  'part',
  'kind',
  'host',
  'tls',
  'larger',
  'smaller',
  'score',
] as const;
export type LogKey = (typeof LOG_KEYS)[number];

/** Other spellings that are understood; the chip shows what was typed. */
const ALIASES: Readonly<Record<string, LogKey>> = {
  sender: 'from',
  recipient: 'to',
  client: 'ip',
  user: 'login',
  sasl: 'login',
  queueid: 'id',
  'message-id': 'msgid',
  after: 'since',
  before: 'until',
};

export const STATUS_WORDS = RecipientStatus.options;
export const KIND_WORDS = ['message', 'reject', 'login', 'other'] as const;
export const TLS_WORDS = ['yes', 'no', 'TLSv1.2', 'TLSv1.3'] as const;

export type LogTermProblem =
  | 'unknown-status'
  | 'unknown-kind'
  | 'not-a-time'
  | 'not-a-size'
  | 'not-a-number'
  | 'no-value'
  | 'twice'
  | 'too-long';

/** One term as it stands in the bar. `key` is null for free text. */
export interface LogTerm {
  raw: string;
  key: LogKey | null;
  value: string;
  problem: LogTermProblem | null;
}

export interface ParsedLogQuery {
  terms: LogTerm[];
  /** What the good terms ask for. */
  filter: LogFilter;
}

/** Fields that are taken as they are written. */
const PLAIN = {
  from: 'from',
  to: 'to',
  address: 'address',
  domain: 'domain',
  ip: 'ip',
  login: 'login',
  id: 'queueId',
  msgid: 'messageId',
  relay: 'relay',
  reason: 'reason',
  part: 'part',
  host: 'host',
} as const satisfies Partial<Record<LogKey, keyof LogFilter>>;

/** The longest criterion that the console takes. */
const LONGEST = 1000;

/**
 * Reads the search bar. A term with a problem is kept for the bar and left out of the filter.
 *
 * @param end Epoch milliseconds that `since:2h` counts back from: the last line of a log that has ended, else now.
 */
export function parseLogQuery(text: string, end: number): ParsedLogQuery {
  const filter: LogFilter = {};
  const free: string[] = [];
  const terms = splitTerms(text).map((raw): LogTerm => {
    const colon = raw.indexOf(':');
    const word = raw.slice(0, Math.max(0, colon)).toLowerCase();
    const key = LOG_KEYS.find((each) => each === word) ?? (Object.hasOwn(ALIASES, word) ? ALIASES[word] : null) ?? null;
    if (key === null) {
      const value = unquote(raw);
      if (value === '') return { raw, key, value, problem: 'no-value' };
      free.push(value);
      return { raw, key, value, problem: null };
    }
    const value = unquote(raw.slice(colon + 1));
    return { raw, key, value, problem: value === '' ? 'no-value' : take(filter, key, value, end) };
  });
  const words = free.join(' ');
  if (words !== '') filter.text = words.slice(0, LONGEST);
  return { terms, filter };
}

function take(filter: LogFilter, key: LogKey, value: string, end: number): LogTermProblem | null {
  switch (key) {
    case 'status': {
      const status = RecipientStatus.safeParse(value.toLowerCase()).data;
      if (status === undefined) return 'unknown-status';
      return put(filter, 'status', status);
    }
    case 'kind': {
      const kind = KIND_WORDS.find((each) => each === value.toLowerCase());
      return kind === undefined ? 'unknown-kind' : put(filter, 'kind', kind);
    }
    case 'since':
    case 'until': {
      const time = parseTime(value, end);
      return time === null ? 'not-a-time' : put(filter, key, new Date(time).toISOString());
    }
    case 'larger':
    case 'smaller': {
      const size = parseSize(value);
      return size === null ? 'not-a-size' : put(filter, key === 'larger' ? 'minSize' : 'maxSize', size);
    }
    case 'score': {
      const match = /^([<>]?)=?(-?\d{1,6}(?:\.\d{1,3})?)$/.exec(value);
      if (match === null) return 'not-a-number';
      return put(filter, match[1] === '<' ? 'maxScore' : 'minScore', Number(match[2]));
    }
    case 'tls': {
      const word = value.toLowerCase();
      return put(filter, 'tls', word === 'yes' ? true : word === 'no' ? false : value.slice(0, 20));
    }
    case 'from':
      // `<>` is how people write the null sender.
      return criterion(filter, 'from', value === '<>' ? '' : value);
    case 'to':
    case 'address':
    case 'domain':
    case 'ip':
    case 'login':
    case 'id':
    case 'msgid':
    case 'relay':
    case 'reason':
    case 'part':
    case 'host':
      return criterion(filter, PLAIN[key], value);
  }
}

function criterion(filter: LogFilter, field: (typeof PLAIN)[keyof typeof PLAIN], value: string): LogTermProblem | null {
  return value.length > LONGEST ? 'too-long' : put(filter, field, value);
}

function put<K extends keyof LogFilter>(filter: LogFilter, field: K, value: LogFilter[K]): LogTermProblem | null {
  if (filter[field] !== undefined) return 'twice';
  filter[field] = value;
  return null;
}

/**
 * A point in time, epoch milliseconds: `2h` before `end`, `14:05` or `14:05:30` on the day of `end`, `2026-11-22`,
 * `2026-11-22T14:05`, or ISO 8601 with an offset. Without an offset: this computer's zone. Null when it is none.
 */
export function parseTime(text: string, end: number): number | null {
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
  if (clock !== null) {
    const at = new Date(end);
    at.setHours(Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0), 0);
    return at.getTime();
  }
  const date = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+-]\d\d:?\d\d)?)?$/i.exec(text);
  if (date !== null) {
    // A date alone would be taken as UTC; what is written here is local.
    const zone = (date[3] ?? '').replace(/^([+-]\d\d)(\d\d)$/, '$1:$2').toUpperCase();
    const at = Date.parse(`${date[1]}T${date[2] ?? '00:00'}${zone}`);
    return Number.isNaN(at) ? null : at;
  }
  const back = /[smhdw]$/i.test(text) ? parseDuration(text) : null;
  return back === null ? null : end - back * 1000;
}

/** Writes a term so that it is read back as it is. */
export function writeLogTerm(key: LogKey, value: string): string {
  return writeTerm(key, key === 'from' && value === '' ? '<>' : value);
}

/** A search with some terms more; a term of a key that is there already takes its place. */
export function withTerms(query: string, added: readonly { key: LogKey; value: string }[]): string {
  const keys = new Set<LogKey | null>(added.map(({ key }) => key));
  const kept = parseLogQuery(query, 0).terms.filter((term) => term.key === null || !keys.has(term.key));
  return [...kept.map((term) => term.raw), ...added.map(({ key, value }) => writeLogTerm(key, value))].join(' ');
}
