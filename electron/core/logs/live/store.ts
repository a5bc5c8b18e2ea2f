import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { SEGMENT_BYTES } from '../limits.ts';

/** How far a log file has been mirrored. */
export interface FileAt {
  inode: string;
  name: string;
  /** Bytes of the log taken, counted unpacked. */
  offset: number;
  /** First bytes of it, base64. */
  head: string;
  changed: string;
  packed: boolean;
  /** Begun in the middle of a line: the rest of that line is left out. */
  skip: boolean;
}

/** A renamed file that its writer may still have open. */
export interface OldFile extends FileAt {
  /** Milliseconds since 1970. */
  until: number;
}

export interface PlaceState {
  /** Path on the server, or `journal`. */
  place: string;
  segments: { file: string; bytes: number }[];
  at: FileAt | null;
  old: OldFile[];
  cursor: string | null;
}

interface State {
  version: 1;
  zone: string | null;
  next: number;
  places: PlaceState[];
}

/**
 * The mirror of one server's logs on disk: plain files that only grow, and a state file that says how much of them
 * counts and where it came from. Lines are written first, the state is replaced by rename after them; a crash in
 * between leaves lines that the state does not count, which are cut off again. So no line is missed or doubled.
 */
export class MirrorStore {
  readonly dir: string;
  readonly #state: State;
  readonly #fds = new Map<string, number>();

  constructor(dir: string) {
    this.dir = dir;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.#state = read(dir) ?? { version: 1, zone: null, next: 1, places: [] };
    const whole = this.#state.places.every(({ segments }) => segments.every((one) => this.#cut(one)));
    if (!whole) {
      // The disk lost what the state counts (power went before it was written): nothing of it can be relied on.
      for (const { segments } of this.#state.places) for (const { file } of segments) this.#remove(file);
      this.#state.places = [];
    }
  }

  get zone(): string | null {
    return this.#state.zone;
  }

  set zone(zone: string | null) {
    this.#state.zone = zone;
  }

  get places(): readonly PlaceState[] {
    return this.#state.places;
  }

  /** Files of the mirror with the place each is from, oldest first. */
  files(): { path: string; place: string; bytes: number }[] {
    return this.#state.places
      .flatMap(({ place, segments }) => segments.map(({ file, bytes }) => ({ file, place, bytes })))
      .sort((a, b) => (a.file < b.file ? -1 : 1))
      .map(({ file, place, bytes }) => ({ path: join(this.dir, file), place, bytes }));
  }

  get bytes(): number {
    return this.files().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  place(name: string): PlaceState {
    let place = this.#state.places.find((one) => one.place === name);
    if (place === undefined) {
      place = { place: name, segments: [], at: null, old: [], cursor: null };
      this.#state.places.push(place);
    }
    return place;
  }

  /** Appends lines. They count, with all else that was changed in the state, from the commit that must follow at once. */
  write(place: PlaceState, bytes: Uint8Array): void {
    let segment = place.segments.at(-1);
    if (segment === undefined || segment.bytes >= SEGMENT_BYTES) {
      // Numbers make names sort by age, whatever the place.
      const number = String(this.#state.next++).padStart(6, '0');
      const label = place.place
        .replace(/[^A-Za-z0-9.]+/g, '-')
        .replace(/^-|-$/g, '')
        .slice(-60);
      segment = { file: `${number}-${label}`, bytes: 0 };
      place.segments.push(segment);
    }
    const fd = this.#fd(segment.file);
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(fd, bytes, done, bytes.length - done, segment.bytes + done);
    }
    segment.bytes += bytes.length;
  }

  /** Makes what was written count. */
  commit(): void {
    const file = join(this.dir, 'state.json');
    writeFileSync(`${file}.new`, JSON.stringify(this.#state), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  /** Lets the oldest files go until no more than `most` bytes are left. True when something went. */
  thin(most: number): boolean {
    let any = false;
    while (this.bytes > most) {
      const full = this.#state.places.filter(({ segments }) => segments.length > 1);
      const oldest = full.sort((a, b) => ((a.segments[0]?.file ?? '') < (b.segments[0]?.file ?? '') ? -1 : 1))[0];
      const segment = oldest?.segments.shift();
      if (segment === undefined) break;
      this.commit();
      this.#remove(segment.file);
      any = true;
    }
    return any;
  }

  close(): void {
    for (const fd of this.#fds.values()) closeSync(fd);
    this.#fds.clear();
  }

  #fd(file: string): number {
    let fd = this.#fds.get(file);
    if (fd === undefined) {
      if (this.#fds.size >= 16) this.close();
      fd = openSync(join(this.dir, file), 'a+', 0o600);
      closeSync(fd);
      fd = openSync(join(this.dir, file), 'r+');
      this.#fds.set(file, fd);
    }
    return fd;
  }

  /** False when the file is shorter than it should be. */
  #cut({ file, bytes }: { file: string; bytes: number }): boolean {
    try {
      const fd = this.#fd(file);
      if (fstatSync(fd).size < bytes) return false;
      ftruncateSync(fd, bytes);
      return true;
    } catch {
      return false;
    }
  }

  #remove(file: string): void {
    const fd = this.#fds.get(file);
    if (fd !== undefined) closeSync(fd);
    this.#fds.delete(file);
    rmSync(join(this.dir, file), { force: true });
  }
}

function read(dir: string): State | null {
  try {
    const state = JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')) as State;
    return state.version === 1 ? state : null;
  } catch {
    return null;
  }
}
