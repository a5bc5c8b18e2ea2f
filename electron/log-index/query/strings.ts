/** From what a person types to the numbers of the strings that it means. */
import type { LogSet } from '../index/log-set.ts';
import { blockOf, idsInBlock, inBlock, parseIp } from './ip.ts';
import type { Lookup } from './lookup.ts';

/** The strings that a criterion means. */
export interface Strings {
  /** Whether a string number is among them. */
  test: (id: number) => boolean;
  /** All their numbers; null when every one is meant, also that of no string. */
  ids: readonly number[] | null;
}

const ANY: Strings = { test: () => true, ids: null };

function these(set: LogSet, ids: readonly number[]): Strings {
  if (ids.length === 0) return { test: () => false, ids };
  if (ids.length < 4) {
    const [a, b, c] = ids;
    return { test: (id) => id === a || id === b || id === c, ids };
  }
  const marks = new Uint8Array(set.strings.size);
  for (const id of ids) marks[id] = 1;
  return { test: (id) => marks[id] === 1, ids };
}

/** A string as a whole, case and all. */
export function exactly(set: LogSet, text: string): Strings {
  const id = set.strings.find(text);
  return these(set, id === 0 ? [] : [id]);
}

/** A whole address or login, whatever its case. */
export function address(set: LogSet, lookup: Lookup, given: string): Strings {
  const wanted = given.replace(/^<|>$/g, '');
  const folded = wanted.toLowerCase();
  if (folded === '') return these(set, []);
  const ids = new Set<number>();
  for (const form of [wanted, folded]) {
    const id = set.strings.find(form);
    if (id !== 0) ids.add(id);
  }
  // a login without '@' is as it was typed: user databases tell them apart
  if (folded.includes('@')) {
    for (const id of lookup.capitals.find(Buffer.from(folded), 'whole')) ids.add(id);
    for (const id of lookup.recent.addresses) {
      const text = set.strings.text(id);
      if (/[A-Z]/.test(text) && text.toLowerCase() === folded) ids.add(id);
    }
  }
  return these(set, [...ids]);
}

/** Addresses of a domain. */
export function inDomain(set: LogSet, lookup: Lookup, domain: string): Strings {
  const tail = Buffer.from(`@${domain.replace(/^@/, '').toLowerCase()}`);
  return found(set, lookup, 'addresses', tail, 'tail');
}

/** Strings of a kind that contain `part`, whatever the case of ASCII letters. */
export function holding(set: LogSet, lookup: Lookup, kind: 'addresses' | 'relays' | 'reasons', part: string): Strings {
  return part === '' ? ANY : found(set, lookup, kind, Buffer.from(part.toLowerCase()), 'part');
}

function found(
  set: LogSet,
  lookup: Lookup,
  kind: 'addresses' | 'relays' | 'reasons',
  needle: Buffer,
  how: 'part' | 'tail',
): Strings {
  const ids = lookup[kind].find(needle, how);
  if (lookup.recent[kind].size === 0) return these(set, ids);
  const all = new Set(ids);
  for (const id of lookup.recent[kind]) {
    const bytes = set.strings.bytesOf(id).map((c) => (c >= 65 && c <= 90 ? c + 32 : c));
    const at = how === 'part' ? Buffer.from(bytes).indexOf(needle) : bytes.length - needle.length;
    if (at >= 0 && Buffer.from(bytes).indexOf(needle, at) === at) all.add(id);
  }
  return these(set, [...all]);
}

/** An address or a CIDR block. Throws RangeError for anything else: expected and got. */
export function inIp(set: LogSet, lookup: Lookup, value: string): Strings {
  const block = blockOf(value);
  // textual forms of one IPv6 address may differ; an IPv4 address has one
  if (block.single !== null) return exactly(set, block.single);
  const ids = new Set(idsInBlock(lookup.ips, block));
  for (const id of lookup.recent.ips) {
    const ip = parseIp(set.strings.text(id));
    if (ip !== undefined && inBlock(block, ip, 0)) ids.add(id);
  }
  return these(set, [...ids]);
}
