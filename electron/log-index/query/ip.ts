/** Client addresses: their bytes, and which of them are in a block. */

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

/** The addresses of clients as numbers, so that a block of them is one pass over an array. */
export interface IpList {
  v4: Uint32Array;
  v4Ids: Uint32Array;
  /** 16 bytes each. */
  v6: Uint8Array;
  v6Ids: Uint32Array;
}

/** Address and prefix length, IPv4 as mapped into IPv6. */
export interface IpBlock {
  bytes: Uint8Array;
  bits: number;
  /** The text is one IPv4 address. */
  single: string | null;
}

export function isMapped(ip: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (ip[i] !== 0) return false;
  return ip[10] === 255 && ip[11] === 255;
}

/** Whether the first `bits` bits of the 16 bytes at `at` are those of the block. */
export function inBlock(block: IpBlock, bytes: Uint8Array, at: number): boolean {
  const { bytes: want, bits } = block;
  for (let i = 0; i < bits >> 3; i++) if (bytes[at + i] !== want[i]) return false;
  const rest = bits & 7;
  return rest === 0 || (bytes[at + (bits >> 3)] ^ want[bits >> 3]) >> (8 - rest) === 0;
}

/** Numbers of the addresses in a block. */
export function idsInBlock(list: IpList, block: IpBlock): number[] {
  const out: number[] = [];
  const { bytes, bits } = block;
  const mapped = new Uint8Array(16);
  mapped[10] = mapped[11] = 255;
  const outer = { bytes, bits: Math.min(bits, 96), single: null };
  if (inBlock(outer, mapped, 0)) {
    const want = new DataView(bytes.buffer, bytes.byteOffset).getUint32(12);
    const keep = bits <= 96 ? 0 : (0xffffffff << (128 - bits)) >>> 0;
    const { v4, v4Ids } = list;
    for (let i = 0; i < v4.length; i++) if (((v4[i] ^ want) & keep) === 0) out.push(v4Ids[i]);
  }
  for (let i = 0; i < list.v6Ids.length; i++) if (inBlock(block, list.v6, i * 16)) out.push(list.v6Ids[i]);
  return out;
}

/** Collects client addresses; what is none is left out, as no block holds it. */
export class IpListMaker {
  private readonly v4: number[] = [];
  private readonly v4Ids: number[] = [];
  private readonly v6: number[] = [];
  private readonly v6Ids: number[] = [];

  add(id: number, bytes: Uint8Array, from: number, length: number): void {
    const quick = dotted(bytes, from, length);
    if (quick >= 0) {
      this.v4.push(quick);
      this.v4Ids.push(id);
      return;
    }
    if (length < 2 || length > 45) return;
    const ip = parseIp(Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString('latin1'));
    if (ip === undefined) return;
    if (isMapped(ip)) {
      this.v4.push(new DataView(ip.buffer).getUint32(12));
      this.v4Ids.push(id);
    } else {
      this.v6.push(...ip);
      this.v6Ids.push(id);
    }
  }

  list(): IpList {
    return {
      v4: Uint32Array.from(this.v4),
      v4Ids: Uint32Array.from(this.v4Ids),
      v6: Uint8Array.from(this.v6),
      v6Ids: Uint32Array.from(this.v6Ids),
    };
  }
}

/** `a.b.c.d` as a number, -1 when it is not that. */
function dotted(bytes: Uint8Array, from: number, length: number): number {
  if (length < 7 || length > 15) return -1;
  let ip = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let i = from, e = from + length; i < e; i++) {
    const c = bytes[i];
    if (c === 46) {
      if (digits === 0 || part > 255) return -1;
      ip = ip * 256 + part;
      part = digits = 0;
      dots++;
    } else if (c >= 48 && c <= 57 && digits < 3) {
      part = part * 10 + c - 48;
      digits++;
    } else return -1;
  }
  return dots === 3 && digits > 0 && part <= 255 ? ip * 256 + part : -1;
}

/** What a person typed. Throws RangeError for what is neither: expected and got. */
export function blockOf(value: string): IpBlock {
  const [text, bitsText] = value.split('/');
  const bytes = parseIp(text ?? '');
  if (bytes === undefined)
    throw new RangeError(`ip: expected an IP address or CIDR block, got ${JSON.stringify(value)}`);
  const v4 = text?.includes('.');
  const bits = bitsText === undefined ? 128 : Number(bitsText) + (v4 ? 96 : 0);
  if (!Number.isInteger(bits) || bits < 0 || bits > 128)
    throw new RangeError(`ip: expected a prefix length, got ${JSON.stringify(value)}`);
  return { bytes, bits, single: bits === 128 && v4 ? (text ?? '') : null };
}
