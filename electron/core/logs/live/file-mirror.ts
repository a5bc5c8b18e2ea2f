import { type LogFile, type LogFiles, MovedAway } from '#drivers/logs.ts';
import { type Text, text } from '#shared/model/text.ts';
import {
  DRAIN_LOOK_MS,
  DRAIN_MS,
  PACKED_RATIO,
  READ_MOST,
  START_BYTES,
  START_DAYS,
  STREAM_FROM,
  STREAM_MOST,
} from '../limits.ts';
import type { FileAt, MirrorStore, OldFile, PlaceState } from './store.ts';

/** What a mirror tells while it reads. */
export interface MirrorEars {
  /** New lines are in the mirror. */
  grown(): void;
  rotated(): void;
  gap(what: Text): void;
}

/**
 * Follows one log file of a server through its rotations. Where it stands is a file (inode and first bytes) and an
 * offset in it; the name only says where to look. On every look one of these is true:
 *
 * - the name is still that file: what it has grown by is read;
 * - it was renamed: the rest is read under its new name, then every newer rotated file, then the one that has the name
 *   now. The renamed one is watched a little longer, since its writer had it open;
 * - it was copied away and cut: the rest is read from the copy, known by its first bytes; then it goes on from 0;
 * - it is in none of the files there: that stretch is lost, and said to be.
 *
 * Only whole lines are taken; a last line without its end waits until it has one, or the file is done with.
 */
export class FileMirror {
  readonly #files: LogFiles;
  readonly #store: MirrorStore;
  readonly #place: PlaceState;
  readonly #ears: MirrorEars;
  readonly #path: string;
  /** The current file as it was when all of it had been read. */
  #known: LogFile | null = null;
  #drained = 0;
  /** Bytes on the server that are not here yet. */
  behind = 0;

  constructor(path: string, files: LogFiles, store: MirrorStore, ears: MirrorEars) {
    this.#path = path;
    this.#files = files;
    this.#store = store;
    this.#place = store.place(path);
    this.#ears = ears;
  }

  /** One look, and reading what it shows. True: look again at once. */
  async step(signal: AbortSignal): Promise<boolean> {
    const now = await this.#files.look(this.#known);
    await this.#drain(signal);
    if (now === 'same') return false;
    this.#known = null;
    const { at } = this.#place;
    if (at === null) return this.#begin(now);
    if (now === null || !isSame(now, at)) return this.#turn(at, now, signal);
    at.head = longer(at.head, now.head);
    at.changed = now.changed;
    at.name = now.name;
    const end = await this.#take(now, at, false, signal);
    if (end === 'moved') return true;
    this.behind = Math.max(0, now.size - at.offset);
    if (this.behind < READ_MOST) this.#known = now;
    return false;
  }

  /** First contact: how much of the past is taken. */
  async #begin(now: LogFile | null): Promise<boolean> {
    if (now === null) return false;
    let room = START_BYTES - now.size;
    let first: LogFile = now;
    if (room > 0) {
      const since = Number(now.changed) - START_DAYS * 86_400;
      for (const file of (await this.#rotated()).reverse()) {
        room -= file.size * (file.packed ? PACKED_RATIO : 1);
        if (room < 0 || Number(file.changed) < since) break;
        first = file;
      }
    }
    const at = atStart(first);
    if (first === now && now.size > START_BYTES) {
      at.offset = now.size - START_BYTES;
      at.skip = true;
    }
    this.#place.at = at;
    this.#store.commit();
    return true;
  }

  /** The name is not our file any more. */
  async #turn(at: FileAt, now: LogFile | null, signal: AbortSignal): Promise<boolean> {
    const all = await this.#rotated();
    const mine = find(all, at);
    let next: LogFile | undefined;
    if (mine !== undefined) {
      const same = mine.inode === at.inode && !mine.packed;
      if ((await this.#take(mine, at, !same, signal)) === 'moved') return true;
      if (same && !at.packed) this.#place.old.push({ ...at, name: mine.name, until: Date.now() + DRAIN_MS });
      at.changed = mine.changed;
      next = all[all.indexOf(mine) + 1];
    } else {
      if (at.offset > 0) this.#ears.gap(lost(this.#path));
      next = all.find((file) => Number(file.changed) > Number(at.changed));
    }
    const to = next ?? now;
    if (to === null) {
      // Between a rename and the new file: what comes under the name is then read from its beginning.
      this.#place.at = { ...at, inode: '', offset: 0, head: '', packed: false, skip: false };
      this.#store.commit();
      return false;
    }
    this.#place.at = atStart(to);
    this.#store.commit();
    if (next === undefined) this.#ears.rotated();
    return true;
  }

  /** Reads a file from where `at` stands to its end. `done`: nobody writes it any more, so its last line is whole. */
  async #take(file: LogFile, at: FileAt, done: boolean, signal: AbortSignal): Promise<'moved' | 'read'> {
    for (;;) {
      const left = file.packed ? Number.POSITIVE_INFINITY : file.size - at.offset;
      if (left <= 0) return 'read';
      const before = at.offset;
      this.behind = Number.isFinite(left) ? left : this.behind;
      const moved =
        file.packed || left > STREAM_FROM
          ? await this.#takeStream(file, at, done, Math.min(left, STREAM_MOST), signal)
          : await this.#takePiece(file, at, done, Math.min(left, READ_MOST));
      if (moved) return 'moved';
      if (at.offset === before) return 'read'; // the rest is a line that has no end yet
    }
  }

  async #takePiece(file: LogFile, at: FileAt, done: boolean, count: number): Promise<boolean> {
    const bytes = await this.#files.read(file, at.offset, count);
    if (bytes === 'moved') return true;
    const last = bytes.lastIndexOf(10) + 1;
    // A line longer than a whole piece is taken in parts: it must not hold up the log.
    const end = done || (last === 0 && bytes.length >= READ_MOST) ? bytes.length : last;
    this.#write(at, bytes.subarray(0, end));
    at.offset += end;
    if (done && end > 0 && bytes[end - 1] !== 10 && at.offset >= file.size) this.#end();
    this.#commit(end > 0);
    return false;
  }

  async #takeStream(file: LogFile, at: FileAt, done: boolean, count: number, signal: AbortSignal): Promise<boolean> {
    const parts: Buffer[] = [];
    try {
      for await (const piece of this.#files.stream(file, at.offset, count, signal)) parts.push(piece);
    } catch (error) {
      if (error instanceof MovedAway) return true;
      throw error;
    }
    // Cut and written anew while it was read: then these are bytes of two logs. Nothing of them is in the mirror yet.
    if (!done && !file.packed && (await this.#files.read(file, 0, 1)) === 'moved') return true;
    const bytes = Buffer.concat(parts);
    const whole = done && (file.packed ? bytes.length < count : at.offset + bytes.length >= file.size);
    const last = bytes.lastIndexOf(10) + 1;
    const end = whole || last === 0 ? bytes.length : last;
    this.#write(at, bytes.subarray(0, end));
    at.offset += end;
    if (whole && end > 0 && bytes[end - 1] !== 10) this.#end();
    this.#commit(end > 0);
    return false;
  }

  /** Lines that came late to renamed files. */
  async #drain(signal: AbortSignal): Promise<void> {
    const { old } = this.#place;
    if (old.length === 0 || Date.now() - this.#drained < DRAIN_LOOK_MS) return;
    this.#drained = Date.now();
    const left: OldFile[] = [];
    for (const file of old) {
      const over = Date.now() >= file.until;
      const read = await this.#readOld(file, over, signal);
      if (!over && read !== 'gone') left.push(file);
    }
    this.#place.old = left;
    this.#store.commit();
  }

  async #readOld(file: OldFile, over: boolean, signal: AbortSignal): Promise<'read' | 'gone'> {
    const head = Buffer.from(file.head, 'base64');
    const asFile: LogFile = { ...file, head, size: 0, packed: false };
    let bytes = await this.#files.read(asFile, file.offset, READ_MOST);
    if (bytes === 'moved') {
      const found = find(await this.#rotated(), file);
      if (found === undefined) return 'gone';
      if (found.packed) {
        const parts: Buffer[] = [];
        for await (const part of this.#files.stream(found, file.offset, STREAM_MOST, signal)) parts.push(part);
        bytes = Buffer.concat(parts);
        this.#takeOld(file, bytes, true);
        return 'gone';
      }
      file.name = found.name;
      bytes = await this.#files.read({ ...found, head }, file.offset, READ_MOST);
      if (bytes === 'moved') return 'read'; // renamed again this very moment: next time
    }
    this.#takeOld(file, bytes, over);
    return 'read';
  }

  #takeOld(file: OldFile, bytes: Buffer, done: boolean): void {
    const end = done ? bytes.length : bytes.lastIndexOf(10) + 1;
    if (end === 0) return;
    this.#write(file, bytes.subarray(0, end));
    if (bytes[end - 1] !== 10) this.#end();
    file.offset += end;
    this.#commit(true);
  }

  #write(at: FileAt, bytes: Buffer): void {
    let lines = bytes;
    if (at.skip) {
      const first = bytes.indexOf(10) + 1;
      if (first === 0) return;
      at.skip = false;
      lines = bytes.subarray(first);
    }
    if (lines.length > 0) this.#store.write(this.#place, lines);
  }

  #end(): void {
    this.#store.write(this.#place, NEWLINE);
  }

  #commit(grown: boolean): void {
    this.#store.commit();
    if (grown) this.#ears.grown();
  }

  /** Rotated files, oldest first. */
  async #rotated(): Promise<LogFile[]> {
    const all = (await this.#files.rotated()).filter(({ name }) => ROTATED.test(name.slice(this.#path.length)));
    return all.sort((a, b) => Number(a.changed) - Number(b.changed) || rank(b.name) - rank(a.name));
  }
}

const NEWLINE = Buffer.from('\n');

/** What logrotate and Postfix append: `.1`, `-20261122`, `.20261122-140000`, with a compressor's suffix or without. */
const ROTATED = /^(?:\.\d{1,4}|[-.]\d{8}(?:[-.T]?\d{2,6})?(?:\.\d{1,3})?)(?:\.(?:gz|zst|xz|bz2))?$/;

/** Of two files written in the same instant, `.2` is older than `.1`. */
const rank = (name: string): number => Number(/\.(\d{1,4})(?:\.(?:gz|zst|xz|bz2))?$/.exec(name)?.[1] ?? 0);

function isSame(file: LogFile, at: FileAt): boolean {
  return file.inode === at.inode && !at.packed && file.size >= at.offset && begins(file, at);
}

function begins(file: LogFile, at: FileAt): boolean {
  const head = Buffer.from(at.head, 'base64');
  return file.head.subarray(0, head.length).equals(head);
}

function longer(head: string, now: Buffer): string {
  return now.length > Buffer.from(head, 'base64').length ? now.toString('base64') : head;
}

/** Our file among the rotated ones: renamed, else a copy that goes furthest, else packed. */
function find(all: readonly LogFile[], at: FileAt): LogFile | undefined {
  const renamed = all.find((file) => file.inode === at.inode && begins(file, at));
  if (renamed !== undefined || at.head === '') return renamed;
  const copies = all.filter((file) => begins(file, at));
  const plain = copies.filter(({ packed }) => !packed).sort((a, b) => b.size - a.size)[0];
  return plain ?? copies[0];
}

function atStart(file: LogFile): FileAt {
  const { inode, name, changed, packed } = file;
  return { inode, name, changed, packed, offset: 0, head: file.head.toString('base64'), skip: false };
}

function lost(path: string): Text {
  return text(
    /*i18n*/ {
      id: 'logs.gap',
      message: 'The rest of an earlier {path} was rotated away on the server before it could be read',
    },
    { path },
  );
}
