/** Orders of traces: numbers sorted by numbers, so that a page of millions costs no objects. */
import type { LogSet } from '../index/log-set.ts';
import { NODE } from '../index/tables.ts';

export interface Sort {
  by: 'start' | 'size' | 'score' | 'from' | 'delay' | 'attempts';
  descending: boolean;
}

/** From so many traces on, having the columns in memory is quicker than reading rows. */
const MANY = 20_000;

/** Orders roots, which `select` gives from the lowest number up. */
export function order(set: LogSet, roots: Uint32Array, sort: Sort): Uint32Array {
  const keys = keysOf(set, roots, sort.by);
  // traces of one second are in the order they came, or wholly the other way round
  if (sort.by === 'start') {
    const sorted = sortBy(roots, keys);
    return sort.descending ? sorted.reverse() : sorted;
  }
  if (sort.descending) for (let i = 0; i < keys.length; i++) keys[i] = ~keys[i];
  return sortBy(roots, keys);
}

function keysOf(set: LogSet, roots: Uint32Array, by: Sort['by']): Uint32Array {
  const { nodes, messages: m, recipients: r } = roots.length > MANY ? set.t : set.few;
  const keys = new Uint32Array(roots.length);
  if (by === 'start') {
    for (let i = 0; i < roots.length; i++) keys[i] = nodes.t0[nodes.head[roots[i]]];
    return keys;
  }
  const ranks = by === 'from' ? senderRanks(set, roots) : null;
  for (let i = 0; i < roots.length; i++) {
    const head = nodes.head[roots[i]];
    const message = nodes.kind[head] === NODE.queue || nodes.kind[head] === NODE.proxy ? nodes.row[head] : 0;
    let key = 0;
    if (ranks !== null) key = message === 0 ? 0 : ranks[m.from[message]];
    // scores are signed: moved up so that they compare as unsigned
    else if (by === 'score') key = ((message === 0 ? 0 : m.score[message]) ^ 0x80000000) >>> 0;
    else if (message === 0) key = 0;
    else if (by === 'size') key = m.size[message];
    else {
      const column = by === 'delay' ? r.delay : r.attempts;
      for (let k = m.recipient[message]; k !== 0; k = r.next[k]) if (column[k] > key) key = column[k];
    }
    keys[i] = key;
  }
  return keys;
}

/** The place of every sender among those that occur, by its text in small letters; 0 for none. */
function senderRanks(set: LogSet, roots: Uint32Array): Uint32Array {
  const { nodes, messages: m } = roots.length > MANY ? set.t : set.few;
  const ranks = new Uint32Array(set.strings.size);
  if (roots.length > MANY) set.strings.expectMany();
  const senders: { id: number; text: string }[] = [];
  for (let i = 0; i < roots.length; i++) {
    const head = nodes.head[roots[i]];
    if (nodes.kind[head] !== NODE.queue && nodes.kind[head] !== NODE.proxy) continue;
    const id = m.from[nodes.row[head]];
    if (id === 0 || ranks[id] !== 0) continue;
    ranks[id] = 1;
    senders.push({ id, text: set.strings.text(id).toLowerCase() });
  }
  senders.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  let rank = 0;
  let before: string | null = null;
  for (const { id, text } of senders) {
    if (text !== before && text !== '') rank++;
    before = text;
    ranks[id] = rank;
  }
  return ranks;
}

const DIGIT = 16;
const DIGITS = 1 << DIGIT;

/** The values by their keys, equal keys in the order they came: a radix sort of two digits. */
function sortBy(values: Uint32Array, keys: Uint32Array): Uint32Array {
  const n = values.length;
  const count = new Uint32Array(DIGITS);
  let from = values;
  let fromKeys = keys;
  for (let shift = 0; shift < 32; shift += DIGIT) {
    count.fill(0);
    for (let i = 0; i < n; i++) count[(fromKeys[i] >>> shift) & (DIGITS - 1)]++;
    // a digit that all share moves nothing
    if (n > 0 && count[(fromKeys[0] >>> shift) & (DIGITS - 1)] === n) continue;
    let at = 0;
    for (let d = 0; d < DIGITS; d++) {
      const here = count[d];
      count[d] = at;
      at += here;
    }
    const to = new Uint32Array(n);
    const toKeys = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      const place = count[(fromKeys[i] >>> shift) & (DIGITS - 1)]++;
      to[place] = from[i];
      toKeys[place] = fromKeys[i];
    }
    from = to;
    fromKeys = toKeys;
  }
  return from === values ? values.slice() : from;
}
