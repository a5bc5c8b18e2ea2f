/** From what a person types to the numbers of the dictionary's strings that it means. */
import type { LogSet } from '../index/log-set.ts';

/** Whether a string number matches. */
export type Match = (id: number) => boolean;

const foldedSets = new WeakMap<LogSet, { size: number; ids: number[] }>();

/** Strings with '@' and capitals: the only ones that an exact lower-case lookup misses. */
function capitals(set: LogSet): number[] {
  const known = foldedSets.get(set);
  if (known !== undefined && known.size === set.dict.size) return known.ids;
  const ids: number[] = [];
  const bytes = set.dict.heapBytes;
  set.dict.each((id, at, length) => {
    let upper = false;
    let sign = false;
    for (let i = at, e = at + length; i < e; i++) {
      const c = bytes[i];
      if (c === 64) sign = true;
      else if (c >= 65 && c <= 90) upper = true;
    }
    if (upper && sign) ids.push(id);
  });
  foldedSets.set(set, { size: set.dict.size, ids });
  return ids;
}

function of(ids: Set<number>): Match {
  if (ids.size === 0) return () => false;
  if (ids.size === 1) {
    const [only] = ids;
    return (id) => id === only;
  }
  return (id) => ids.has(id);
}

/** A whole address or login, whatever its case. */
export function matchAddress(set: LogSet, address: string): Match {
  const wanted = address.replace(/^<|>$/g, '');
  const folded = wanted.toLowerCase();
  const ids = new Set<number>();
  for (const form of [wanted, folded]) {
    const id = set.dict.find(form);
    if (id !== 0) ids.add(id);
  }
  for (const id of capitals(set)) if (set.dict.text(id).toLowerCase() === folded) ids.add(id);
  return of(ids);
}

function collect(set: LogSet, test: (bytes: Uint8Array, at: number, length: number) => boolean): Match {
  const hits = new Uint8Array(set.dict.size);
  const bytes = set.dict.heapBytes;
  set.dict.each((id, at, length) => {
    if (test(bytes, at, length)) hits[id] = 1;
  });
  return (id) => hits[id] === 1;
}

function fold(c: number): number {
  return c >= 65 && c <= 90 ? c + 32 : c;
}

function endsWith(bytes: Uint8Array, at: number, length: number, tail: Uint8Array): boolean {
  if (length < tail.length) return false;
  const from = at + length - tail.length;
  for (let i = tail.length - 1; i >= 0; i--) if (fold(bytes[from + i]) !== tail[i]) return false;
  return true;
}

/** Addresses of a domain. */
export function matchDomain(set: LogSet, domain: string): Match {
  const tail = Buffer.from(`@${domain.replace(/^@/, '').toLowerCase()}`);
  return collect(set, (bytes, at, length) => endsWith(bytes, at, length, tail));
}

/** Strings that contain `part`, whatever the case of ASCII letters. */
export function matchPart(set: LogSet, part: string): Match {
  const needle = Buffer.from(part.toLowerCase());
  const n = needle.length;
  if (n === 0) return () => true;
  const first = needle[0];
  return collect(set, (bytes, at, length) => {
    for (let i = at, last = at + length - n; i <= last; i++) {
      if (fold(bytes[i]) !== first) continue;
      let k = 1;
      while (k < n && fold(bytes[i + k]) === needle[k]) k++;
      if (k === n) return true;
    }
    return false;
  });
}

/** An address as 16 bytes (IPv4 mapped), or undefined. */
export function parseIp(text: string): Uint8Array | undefined {
  const out = new Uint8Array(16);
  const v4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(text);
  if (v4) {
    out[10] = out[11] = 255;
    for (let i = 0; i < 4; i++) {
      const n = Number(v4[i + 1]);
      if (n > 255) return undefined;
      out[12 + i] = n;
    }
    return out;
  }
  if (!/^[0-9a-f:.]+$/i.test(text) || !text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = (half: string): number[] | undefined => {
    if (half === '') return [];
    const list: number[] = [];
    for (const g of half.split(':')) {
      if (!/^[0-9a-f]{1,4}$/i.test(g)) return undefined;
      list.push(Number.parseInt(g, 16));
    }
    return list;
  };
  const left = groups(halves[0]);
  const right = groups(halves[1] ?? '');
  if (left === undefined || right === undefined) return undefined;
  const gap = 8 - left.length - right.length;
  if (halves.length === 1 ? gap !== 0 : gap < 1) return undefined;
  const all = [...left, ...Array.from<number>({ length: gap }).fill(0), ...right];
  all.forEach((g, i) => {
    out[i * 2] = g >> 8;
    out[i * 2 + 1] = g & 255;
  });
  return out;
}

/** An address or a CIDR block. Throws RangeError for anything else: expected and got. */
export function matchIp(set: LogSet, value: string): Match {
  const [text, bitsText] = value.split('/');
  const want = parseIp(text ?? '');
  if (want === undefined)
    throw new RangeError(`ip: expected an IP address or CIDR block, got ${JSON.stringify(value)}`);
  const v4 = text?.includes('.') === true;
  const bits = bitsText === undefined ? 128 : Number(bitsText) + (v4 ? 96 : 0);
  if (!Number.isInteger(bits) || bits < 0 || bits > 128)
    throw new RangeError(`ip: expected a prefix length, got ${JSON.stringify(value)}`);
  if (bits === 128) {
    // textual forms of one address may differ (IPv6): the block test below would find them; the usual form is quick
    const id = set.dict.find(text ?? '');
    if (v4) return (x) => x !== 0 && x === id;
  }
  return collect(set, (bytes, at, length) => {
    if (length < 2 || length > 45) return false;
    const c = bytes[at];
    if (!((c >= 48 && c <= 58) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70))) return false;
    const ip = parseIp(Buffer.from(bytes.buffer, at, length).toString('latin1'));
    if (ip === undefined) return false;
    for (let i = 0; i < bits >> 3; i++) if (ip[i] !== want[i]) return false;
    const rest = bits & 7;
    return rest === 0 || (ip[bits >> 3] ^ want[bits >> 3]) >> (8 - rest) === 0;
  });
}
