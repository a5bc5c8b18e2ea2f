/**
 * Sources to index: tasks go to the workers ahead of time, parsed chunks come back, and the correlator takes their
 * records in the order of time. Files of one series follow each other; series that overlap are merged line by line.
 */
import { FOREVER } from '../correlate/correlator.ts';
import type { Engine } from '../correlate/engine.ts';
import type { Correlation } from '../correlate/state.ts';
import { settle } from '../correlate/settle.ts';
import { LIMITS } from '../limits.ts';
import { CLOCK } from '../scan/records.ts';
import type { Pool, Records } from '../scan/pool.ts';
import type { Chunk, LineFile } from './lines.ts';
import { ZoneClock } from './zone-clock.ts';

/** A run of lines ready to be parsed: a range of a plain file, or bytes that were inflated or transcoded. */
export type Piece =
  | { source: number; fd: number; from: number; to: number; bytes?: undefined }
  /** `frame`: where the bytes are kept. `release`: they have been read. */
  | {
      source: number;
      bytes: Uint8Array<SharedArrayBuffer>;
      offset: number;
      frame: { at: number; length: number };
      release: () => void;
    };

/** Sources in their order, as pieces. */
export interface Series {
  pieces: AsyncIterator<Piece> | Iterator<Piece>;
  clock: ZoneClock;
}

export interface BuildProgress {
  bytes: number;
  lines: number;
}

interface Stream {
  series: Series;
  done: boolean;
  pending: Promise<{ piece: Piece; parsed: Records }>[];
  current: Head | null;
  /** What is known of the current chunk's lines, see LineFile. */
  block: Uint32Array;
}

interface Head {
  chunk: Chunk;
  parsed: Records;
  rec: Uint32Array;
  at: number;
  i: number;
  seconds: number;
}

/** Chunks of each of so many series that are given out before they are needed. */
export function chunksAhead(workers: number, series: number): number {
  return Math.max(2, Math.ceil((LIMITS.chunksAhead * workers) / 2 / series));
}

export class Builder {
  readonly c: Correlation;
  private readonly engine: Engine;
  readonly lines: LineFile;
  private readonly pool: Pool;
  /** Number of the next line of each source. */
  private readonly fileLine: number[];
  /** How far each plain file was read. */
  readonly ends: number[] = [];
  progress: BuildProgress = { bytes: 0, lines: 0 };
  longLines = 0;
  private sinceSettle = 0;

  constructor(engine: Engine, lines: LineFile, pool: Pool, fileLine: number[]) {
    this.c = engine.c;
    this.engine = engine;
    this.lines = lines;
    this.pool = pool;
    this.fileLine = fileLine;
  }

  /** Indexes the series. `onProgress` is called after every chunk; `signal` stops between chunks. */
  async run(series: Series[], onProgress: (p: BuildProgress) => void, signal?: AbortSignal): Promise<void> {
    const streams: Stream[] = series.map((s) => ({
      series: s,
      done: false,
      pending: [],
      current: null,
      block: new Uint32Array(0),
    }));
    const ahead = chunksAhead(this.pool.size, streams.length);
    for (const stream of streams) await this.refill(stream, ahead);
    for (;;) {
      signal?.throwIfAborted();
      for (const stream of streams) {
        while (stream.current === null && stream.pending.length > 0) {
          const next = await stream.pending.shift();
          if (next === undefined) break;
          await this.refill(stream, ahead);
          this.open(stream, next.piece, next.parsed);
        }
      }
      const open = streams.filter((s) => s.current !== null);
      if (open.length === 0) break;
      this.c.fit(this.pool.dictionary.size + 1);
      this.merge(open);
      onProgress(this.progress);
      if (this.sinceSettle > 100_000) {
        this.sinceSettle = 0;
        settle(this.c, false);
      }
    }
  }

  private async refill(stream: Stream, ahead: number): Promise<void> {
    while (!stream.done && stream.pending.length < ahead) {
      const next = await stream.series.pieces.next();
      if (next.done === true) {
        stream.done = true;
        return;
      }
      const piece = next.value;
      const result =
        piece.bytes === undefined
          ? this.pool.run({ type: 'file', fd: piece.fd, from: piece.from, to: piece.to })
          : this.pool.run({ type: 'bytes', bytes: piece.bytes.buffer, length: piece.bytes.length });
      const both = result.then((parsed) => {
        if (piece.bytes !== undefined) piece.release();
        return { piece, parsed };
      });
      both.catch(() => {}); // reported when its turn comes
      stream.pending.push(both);
    }
  }

  private open(stream: Stream, piece: Piece, parsed: Records): void {
    this.progress.bytes += parsed.end - parsed.start;
    this.longLines += parsed.longLines;
    if (piece.bytes === undefined) this.ends[piece.source] = Math.max(this.ends[piece.source] ?? 0, parsed.end);
    if (parsed.lines === 0) {
      this.pool.giveBack(parsed);
      return;
    }
    const chunk = this.lines.open({
      source: piece.source,
      offset: piece.bytes === undefined ? parsed.start : piece.offset,
      length: parsed.end - parsed.start,
      lines: parsed.lines,
      fileLine: this.fileLine[piece.source],
      frameAt: piece.bytes === undefined ? 0 : piece.frame.at,
      frameLength: piece.bytes === undefined ? 0 : piece.frame.length,
    });
    this.fileLine[piece.source] += parsed.lines;
    if (stream.block.length < parsed.lines * 3) stream.block = this.engine.room.words(parsed.lines * 4);
    else stream.block.fill(0, 0, parsed.lines * 3);
    stream.current = { chunk, parsed, rec: parsed.rec, at: 0, i: 0, seconds: 0 };
  }

  /** Takes records until one stream needs its next chunk. */
  private merge(streams: Stream[]): void {
    if (streams.length === 1) {
      this.drain(streams[0], FOREVER);
      return;
    }
    for (const s of streams) if (s.current !== null && s.current.i === 0) peek(s, s.current);
    for (;;) {
      let first = streams[0];
      let until = FOREVER;
      for (const s of streams) if ((s.current?.seconds ?? 0) < (first.current?.seconds ?? 0)) first = s;
      for (const s of streams) {
        const seconds = s.current?.seconds ?? 0;
        if (s !== first && (until === FOREVER || seconds < until)) until = seconds;
      }
      this.drain(first, until);
      if (first.current === null) return;
    }
  }

  /** Handles the stream's records up to time `until`, that one included. */
  private drain(stream: Stream, until: number): void {
    const head = stream.current;
    if (head === null) return;
    const { c, engine } = this;
    const { clock } = stream.series;
    const { chunk } = head;
    const { block } = stream;
    c.lines = block;
    c.lineBase = chunk.firstLine;
    c.aside.zone = clock;
    engine.at = head.at;
    engine.i = head.i;
    engine.run(head.rec, chunk.lines, until, clock.last);
    const { at, i, seconds } = engine;
    // the clock may have read a record that is not handled yet
    clock.last = seconds;
    this.progress.lines += i - head.i;
    this.sinceSettle += i - head.i;
    head.at = at;
    head.i = i;
    head.seconds = seconds;
    if (i >= chunk.lines) {
      this.lines.write(chunk, block.subarray(0, chunk.lines * 3));
      this.pool.giveBack(head.parsed);
      stream.current = null;
    }
  }
}

/** The time of a chunk's first record, before anything is handled. */
function peek(stream: Stream, head: Head): void {
  const clock = stream.series.clock;
  const word = head.rec[0];
  const time = head.rec[2];
  const kind = (word >>> 8) & 3;
  head.seconds =
    kind === CLOCK.wall
      ? clock.wall(time)
      : kind === CLOCK.unix
        ? time
        : kind === CLOCK.local
          ? clock.local(time)
          : clock.last;
}
