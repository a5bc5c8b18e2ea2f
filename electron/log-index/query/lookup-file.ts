/**
 * Lookup tables on disk: `lookup.bin` beside the tables, written in one piece and renamed. It names the state of the set
 * that it is about; for any other it is not there.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { LogSet } from '../index/log-set.ts';
import { LIMITS } from '../limits.ts';
import type { IpList } from './ip.ts';
import { type LookupParts, type Postings, PostingTable } from './postings.ts';
import { WordList } from './words.ts';

/** Raised whenever the layout or the meaning changes: an older file is made anew. */
const FORMAT = 1;
const HEAD_BYTES = 4096;
const LISTS = ['addresses', 'capitals', 'relays', 'reasons'] as const;

type Bytes = Uint8Array | Uint32Array;

interface Head {
  format: number;
  state: string;
  /** Length in bytes of each part, in their order; each begins at a multiple of four. */
  parts: number[];
}

/** What the lookup was made of. Lines are only ever added, and every change of a row comes from a line. */
function stateOf(set: LogSet): string {
  const { nodes, messages, recipients, rejects, logins, sessions } = set.t;
  const rows = [nodes, messages, recipients, rejects, logins, sessions].map((table) => table.n);
  return [set.info.created, set.lines.count, set.strings.size, ...rows].join(' ');
}

/** Keeps the lookup for the next time. A disk that is full or closed to us only means that it is made again. */
export function saveLookup(set: LogSet, parts: LookupParts & { postings: PostingTable }): void {
  const temporary = join(set.dir, `lookup.bin.${randomUUID()}.new`);
  const { postings, ips } = parts;
  const lists = LISTS.flatMap((name): Bytes[] => [parts[name].ids, parts[name].at, parts[name].text]);
  const all: Bytes[] = [postings.start, postings.nodes, ...lists, ips.v4, ips.v4Ids, ips.v6, ips.v6Ids];
  const head: Head = { format: FORMAT, state: stateOf(set), parts: all.map((part) => part.byteLength) };
  let fd: number | undefined;
  try {
    fd = openSync(temporary, 'w', 0o600);
    const first = Buffer.alloc(HEAD_BYTES);
    first.write(JSON.stringify(head));
    let at = put(fd, first, 0);
    for (const part of all) at = put(fd, Buffer.from(part.buffer, part.byteOffset, part.byteLength), at + (-at & 3));
    closeSync(fd);
    fd = undefined;
    renameSync(temporary, join(set.dir, 'lookup.bin'));
  } catch {
    if (fd !== undefined) closeSync(fd);
    rmSync(temporary, { force: true });
  }
}

function put(fd: number, bytes: Buffer, at: number): number {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, Math.min(bytes.length - done, 1 << 30), at + done);
  return at + bytes.length;
}

/** The lookup of the set as it is; undefined when there is none. Its postings stay on disk. */
export function loadLookup(set: LogSet): LookupParts | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(join(set.dir, 'lookup.bin'), 'r');
    const first = take(fd, new Uint8Array(HEAD_BYTES), 0);
    const head = JSON.parse(Buffer.from(first.subarray(0, first.indexOf(0))).toString()) as Head;
    if (head.format !== FORMAT || head.state !== stateOf(set)) throw new Error('another state');
    const places: { at: number; bytes: number }[] = [];
    let at = HEAD_BYTES;
    for (const bytes of head.parts) {
      at += -at & 3;
      places.push({ at, bytes });
      at += bytes;
    }
    const file = fd;
    let next = 2;
    const words = (): Uint32Array => {
      const place = places[next++];
      return take(file, new Uint32Array(place.bytes / 4), place.at);
    };
    const bytes = (): Uint8Array => {
      const place = places[next++];
      return take(file, new Uint8Array(place.bytes), place.at);
    };
    const list = (): WordList => {
      const ids = words();
      const starts = words();
      const text = bytes();
      return new WordList(ids, starts, Buffer.from(text.buffer));
    };
    const [addresses, capitals, relays, reasons] = [list(), list(), list(), list()];
    const ips: IpList = { v4: words(), v4Ids: words(), v6: bytes(), v6Ids: words() };
    const postings = new StoredPostings(fd, places[0], places[1]);
    return { postings, addresses, capitals, relays, reasons, ips };
  } catch {
    if (fd !== undefined) closeSync(fd);
    return undefined;
  }
}

function take<T extends Bytes>(fd: number, into: T, at: number): T {
  const bytes = new Uint8Array(into.buffer);
  for (let done = 0; done < bytes.length; ) {
    const n = readSync(fd, bytes, done, Math.min(bytes.length - done, 1 << 30), at + done);
    if (n === 0) throw new Error('the file is shorter than it says');
    done += n;
  }
  return into;
}

/** Postings that are read as they are asked for. The file may be replaced or deleted meanwhile: ours stays open. */
class StoredPostings implements Postings {
  private readonly fd: number;
  private readonly start: { at: number; bytes: number };
  private readonly nodes: { at: number; bytes: number };
  private readonly pair = new Uint32Array(2);
  private whole: PostingTable | undefined;

  constructor(fd: number, start: { at: number; bytes: number }, nodes: { at: number; bytes: number }) {
    this.fd = fd;
    this.start = start;
    this.nodes = nodes;
  }

  close(): void {
    closeSync(this.fd);
  }

  expectMany(): void {
    if (this.whole !== undefined || this.start.bytes + this.nodes.bytes > LIMITS.postingsInMemory) return;
    const words = ({ at, bytes }: { at: number; bytes: number }): Uint32Array =>
      take(this.fd, new Uint32Array(bytes / 4), at);
    this.whole = new PostingTable(words(this.start), words(this.nodes));
  }

  count(id: number): number {
    if (this.whole !== undefined) return this.whole.count(id);
    if (id < 0 || (id + 2) * 4 > this.start.bytes) return 0;
    take(this.fd, this.pair, this.start.at + id * 4);
    return this.pair[1] - this.pair[0];
  }

  of(id: number): Uint32Array {
    if (this.whole !== undefined) return this.whole.of(id);
    const n = this.count(id);
    return take(this.fd, new Uint32Array(n), this.nodes.at + (n === 0 ? 0 : this.pair[0]) * 4);
  }
}
