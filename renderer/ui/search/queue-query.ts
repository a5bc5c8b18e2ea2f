import { assertNever } from '#shared/model/assert-never.ts';
import { QueueFilter, type QueueGroupBy, QueueName } from '#shared/model/queue.ts';
import { joinTerms, parseDuration, parseSize, splitTerms, unquote, writeTerm } from './terms.ts';

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

export type TermProblem =
  | 'unknown-status'
  | 'not-a-duration'
  | 'not-a-size'
  | 'no-value'
  | 'twice'
  | 'too-long'
  | 'too-many';

/** What a filter can leave out at most. */
const OUT_AT_MOST = 50;

/** One term as it stands in the bar. `key` is null for free text. */
export interface Term {
  raw: string;
  key: QueryKey | null;
  /** Written with a minus before its key: what matches is left out. */
  out: boolean;
  value: string;
  problem: TermProblem | null;
}

export interface ParsedQuery {
  terms: Term[];
  /** What the good terms ask for. */
  filter: QueueFilter;
}

/** Key and value of one term: `sender:x`, `-sender:x` for what is left out, or free text. */
function readTerm(raw: string): Omit<Term, 'problem'> {
  const out = raw.startsWith('-');
  const colon = raw.indexOf(':');
  const word = raw.slice(out ? 1 : 0, Math.max(0, colon)).toLowerCase();
  const key = QUERY_KEYS.find((each) => each === word) ?? ALIASES[word] ?? null;
  // A minus before a word that is no key belongs to the word.
  if (key === null) return { raw, key, out: false, value: unquote(raw) };
  return { raw, key, out, value: unquote(raw.slice(colon + 1)) };
}

/** Reads the search bar. A term with a problem is kept for the bar and left out of the filter. */
export function parseQuery(text: string): ParsedQuery {
  const filter: QueueFilter = {};
  const without: QueueFilter[] = [];
  const free: string[] = [];
  const terms = splitTerms(text).map((raw): Term => {
    const term = readTerm(raw);
    const { key, value } = term;
    if (value === '') return { ...term, problem: 'no-value' };
    if (key === null) {
      free.push(value);
      return { ...term, problem: null };
    }
    if (!term.out) return { ...term, problem: take(filter, key, value) };
    if (without.length >= OUT_AT_MOST) return { ...term, problem: 'too-many' };
    const fields: QueueFilter = {};
    const problem = take(fields, key, value);
    if (problem === null) without.push(fields);
    return { ...term, problem };
  });
  const words = free.join(' ');
  if (words !== '') filter.text = words.slice(0, 1024);
  if (without.length > 0) filter.without = without;
  return { terms, filter };
}

function take(filter: QueueFilter, key: QueryKey, value: string): TermProblem | null {
  switch (key) {
    case 'sender':
      return fragment(filter, 'sender', value);
    case 'to':
      return fragment(filter, 'recipient', value);
    case 'reason':
      // With a = it is a whole cluster of replies, as the grid groups them; without one, some words of a reply.
      if (!value.startsWith('=')) return fragment(filter, 'reason', value);
      return fragment(filter, 'reasonKey', value.slice(1));
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
  field: 'sender' | 'recipient' | 'reason' | 'reasonKey' | 'login',
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

/**
 * An address as a term to the letter: a sender's own star must not be taken for a pattern. null: the bar's quotes leave
 * no way to write it.
 */
export function addressTerm(key: 'sender' | 'to' | 'login', address: string): string | null {
  if (address === '') return `${key}:<>`;
  // Quotes around the whole local part do not make another address (RFC 5321 4.1.2); any others do.
  if (/"/.test(address.replace(/^"([^"\\]*)"(?=@[^"]*$)/, '$1'))) return null;
  return writeTerm(key, /[*=]/.test(address) || !/.@./.test(address) ? `=${address}` : address);
}

/** The term that chooses exactly one group of the grid; null: none says it. */
export function groupTerm(by: QueueGroupBy, key: string): string | null {
  switch (by) {
    case 'sender':
      return addressTerm('sender', key === '<>' ? '' : key);
    case 'sender-domain':
      return key === '' || key === '<>' ? null : writeTerm('sender', `@${key}`);
    case 'recipient-domain':
      return key === '' ? null : writeTerm('to', `@${key}`);
    case 'reason':
      return /"/.test(key) ? null : writeTerm('reason', `=${key}`);
    case 'login':
      return key === '' ? null : addressTerm('login', key);
    case 'queue':
      return `status:${key === 'hold' ? 'held' : key}`;
    case 'age':
      return null;
    default:
      return assertNever(by, 'grouping');
  }
}

/** The search with one more term; what the term would stand beside in vain is dropped. */
export function narrow(query: string, term: string): string {
  const { key, out } = readTerm(term);
  const rest = parseQuery(query).terms.filter(
    (each) => each.raw !== term && (out || key === null || each.key !== key || each.out),
  );
  return joinTerms([...rest.map((each) => each.raw), term]);
}

/** The search without what a term chooses. */
export function leaveOut(query: string, term: string): string {
  return narrow(query, `-${term}`);
}
