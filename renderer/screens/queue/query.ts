import { QueueFilter, QueueName } from '#shared/model/queue.ts';
import { parseDuration, parseSize, splitTerms, unquote } from '../../ui/search/terms.ts';

/** Words of the search bar. They stay English in every language, so that searches can be passed on. */
export const QUERY_KEYS = ['sender', 'to', 'status', 'reason', 'login', 'older', 'newer', 'larger', 'smaller'] as const;
export type QueryKey = (typeof QUERY_KEYS)[number];

/** Other spellings that are understood; the chip shows what was typed. */
const ALIASES: Readonly<Record<string, QueryKey>> = {
  from: 'sender',
  recipient: 'to',
  queue: 'status',
  sasl: 'login',
};

export const STATUS_WORDS = ['active', 'deferred', 'held', 'incoming', 'corrupt', 'maildrop'] as const;

export type TermProblem = 'unknown-status' | 'not-a-duration' | 'not-a-size' | 'no-value' | 'twice' | 'too-long';

/** One term as it stands in the bar. `key` is null for free text. */
export interface Term {
  raw: string;
  key: QueryKey | null;
  value: string;
  problem: TermProblem | null;
}

export interface ParsedQuery {
  terms: Term[];
  /** What the good terms ask for. */
  filter: QueueFilter;
}

/** Reads the search bar. A term with a problem is kept for the bar and left out of the filter. */
export function parseQuery(text: string): ParsedQuery {
  const filter: QueueFilter = {};
  const free: string[] = [];
  const terms = splitTerms(text).map((raw): Term => {
    const colon = raw.indexOf(':');
    const word = raw.slice(0, Math.max(0, colon)).toLowerCase();
    const key = QUERY_KEYS.find((each) => each === word) ?? ALIASES[word] ?? null;
    if (key === null) {
      const value = unquote(raw);
      if (value === '') return { raw, key, value, problem: 'no-value' };
      free.push(value);
      return { raw, key, value, problem: null };
    }
    const value = unquote(raw.slice(colon + 1));
    return { raw, key, value, problem: value === '' ? 'no-value' : take(filter, key, value) };
  });
  const words = free.join(' ');
  if (words !== '') filter.text = words.slice(0, 1024);
  return { terms, filter };
}

function take(filter: QueueFilter, key: QueryKey, value: string): TermProblem | null {
  switch (key) {
    case 'sender':
      return fragment(filter, 'sender', value);
    case 'to':
      return fragment(filter, 'recipient', value);
    case 'reason':
      return fragment(filter, 'reason', value);
    case 'login':
      return fragment(filter, 'login', value);
    case 'status': {
      const names = value.toLowerCase().split(',').map(statusOf);
      if (names.some((name) => name === null)) return 'unknown-status';
      const known = names.filter((name) => name !== null);
      filter.queue = [...new Set([...(filter.queue ?? []), ...known])];
      return null;
    }
    case 'older':
      return amount(filter, 'olderThan', parseDuration(value), 'not-a-duration');
    case 'newer':
      return amount(filter, 'newerThan', parseDuration(value), 'not-a-duration');
    case 'larger':
      return amount(filter, 'minSize', parseSize(value), 'not-a-size');
    case 'smaller':
      return amount(filter, 'maxSize', parseSize(value), 'not-a-size');
  }
}

function statusOf(word: string): QueueName | null {
  if (word === 'held') return 'hold';
  return QueueName.options.find((name) => name === word) ?? null;
}

function fragment(
  filter: QueueFilter,
  field: 'sender' | 'recipient' | 'reason' | 'login',
  value: string,
): TermProblem | null {
  if (filter[field] !== undefined) return 'twice';
  if (value.length > 512) return 'too-long';
  filter[field] = value;
  return null;
}

function amount(
  filter: QueueFilter,
  field: 'olderThan' | 'newerThan' | 'minSize' | 'maxSize',
  value: number | null,
  problem: TermProblem,
): TermProblem | null {
  if (value === null) return problem;
  if (filter[field] !== undefined) return 'twice';
  filter[field] = value;
  return null;
}
