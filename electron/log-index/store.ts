/** The sets of a data directory: make, open, append, list, rename, drop. */
import { closeSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { moduleOf } from './compiled/program.ts';
import { CORRELATOR } from './compiled/programs.ts';
import { CorrelatorFull } from './correlate/compiled/instance.ts';
import { createEngine } from './correlate/engine.ts';
import { openProcesses } from './correlate/restore.ts';
import { settle } from './correlate/settle.ts';
import { Builder, type BuildProgress, chunksAhead, type Piece, type Series } from './index/build.ts';
import { LineFile } from './index/lines.ts';
import { LogSet, type SetInfo, type Source } from './index/log-set.ts';
import { load, paths, readManifest, saveAside, sizeOf } from './index/snapshot.ts';
import { HEAD_BYTES, hashOf, openSource } from './index/source-file.ts';
import { LIMITS } from './limits.ts';
import { expand, type Found, headOf } from './read/expand.ts';
import { lookupOf } from './query/lookup.ts';
import { plan } from './read/plan.ts';
import { type Moment, momentsIn, probePlain } from './read/probe.ts';
import { holdsTar, spool } from './read/archive.ts';
import { type Structure, structureOf } from './read/transcode.ts';
import { inflate } from './read/unpack.ts';
import { pieceBytes, Unpacker } from './read/unpacker.ts';
import { Dictionary, dictionaryMemory } from './scan/dictionary.ts';
import { type CreateWorker, createWorker, defaultSize, Pool } from './scan/pool.ts';
import { SearchPool } from './scan/search-pool.ts';
import { hostMemory } from './scan/scanner.ts';

export interface IndexOptions {
  /** Year of the earliest line, for logs that do not name it. Default: from the files' own dates. */
  year?: number;
  /** IANA zone of lines without one. Default: this machine's. */
  zone?: string;
}

export interface IndexProgress {
  /** Bytes of log read so far; `totalBytes` is null while compressed input hides it. */
  bytes: number;
  totalBytes: number | null;
  lines: number;
  files: number;
}

export interface SetSummary {
  name: string;
  created: string;
  zone: string;
  sources: number;
  lines: number;
  bytes: number;
  /** Bytes the index takes on disk. */
  diskBytes: number;
  first: string | null;
  last: string | null;
}

/** Bytes of log that address space is set aside for; more is met by doubling, which takes memory twice for a moment. */
const FORESEEN = 2 ** 34;

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,99}$/u;

interface Indexed {
  set: LogSet;
  refused: { path: string; why: string }[];
}

export class LogStore {
  readonly dir: string;
  private readonly create: CreateWorker;
  private readonly workers: number | undefined;
  private readonly correlator: object | null;
  /** Workers for searches; they start with the first one. */
  readonly searchers: SearchPool;

  /** `correlator`: the compiled one; null: JavaScript. */
  constructor(
    dir: string,
    create: CreateWorker = createWorker,
    workers?: number,
    correlator: object | null = moduleOf(CORRELATOR) ?? null,
  ) {
    this.dir = dir;
    this.correlator = correlator;
    this.create = create;
    this.workers = workers;
    this.searchers = new SearchPool(create, workers ?? defaultSize());
    mkdirSync(dir, { recursive: true });
  }

  private path(name: string): string {
    if (!NAME.test(name))
      throw new RangeError(`set name: expected letters, digits, spaces and ._@-, got ${JSON.stringify(name)}`);
    return join(this.dir, name);
  }

  /** Every set that can be opened, by name. */
  sets(): SetSummary[] {
    const out: SetSummary[] = [];
    for (const name of readdirSync(this.dir)) {
      const manifest = NAME.test(name) ? readManifest(join(this.dir, name)) : undefined;
      if (manifest === undefined) continue;
      const { info } = manifest;
      out.push({
        name,
        created: info.created,
        zone: info.zone,
        sources: info.sources.length,
        lines: manifest.lines,
        bytes: info.sources.reduce((sum, s) => sum + s.bytes, 0),
        diskBytes: readdirSync(join(this.dir, name)).reduce((sum, f) => sum + sizeOf(join(this.dir, name, f)), 0),
        first: info.first > 0 ? new Date(info.first * 1000).toISOString() : null,
        last: info.last > 0 ? new Date(info.last * 1000).toISOString() : null,
      });
    }
    return out;
  }

  /** Opens a set. Undefined when there is none, or its format is older than this build's: index it again. */
  open(name: string, writable = false): LogSet | undefined {
    return load(this.path(name), writable);
  }

  rename(from: string, to: string): void {
    if (existsSync(this.path(to))) throw new RangeError(`a set named ${to} exists`);
    renameSync(this.path(from), this.path(to));
  }

  /** Deletes a set's index. The logs themselves are not touched. */
  drop(name: string): void {
    rmSync(this.path(name), { recursive: true, force: true });
  }

  /**
   * Indexes files, folders and archives into a new set, replacing one of that name when done. Unreadable inputs are
   * named in `refused`; an error or abort leaves the old set as it was.
   */
  async index(
    name: string,
    inputs: string[],
    options: IndexOptions = {},
    onProgress: (p: IndexProgress) => void = () => {},
    signal?: AbortSignal,
  ): Promise<Indexed> {
    try {
      return await this.build(this.correlator, name, inputs, options, onProgress, signal);
    } catch (error) {
      if (!(error instanceof CorrelatorFull)) throw error;
      return await this.build(null, name, inputs, options, onProgress, signal);
    }
  }

  private async build(
    correlator: object | null,
    name: string,
    inputs: string[],
    options: IndexOptions,
    onProgress: (p: IndexProgress) => void,
    signal: AbortSignal | undefined,
  ): Promise<Indexed> {
    const target = this.path(name);
    const dir = `${target}.new`;
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    const refused: { path: string; why: string }[] = [];
    const found = await unpackArchives(expand(inputs, refused), dir, refused);
    const zone = options.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    const totalBytes = found.every((f) => f.packing === 'plain') ? found.reduce((sum, f) => sum + f.size, 0) : null;
    const expected = found.reduce((sum, f) => sum + f.size * (f.packing === 'plain' ? 1 : 6), 0);
    const dictionary = new Dictionary(
      dictionaryMemory(
        // a busy server's log has a new string every 700 bytes; only what is used takes memory
        Math.max(30_000, Math.floor(Math.min(expected, FORESEEN) / 600)),
        Math.max(8 << 20, Math.floor(Math.min(expected, FORESEEN) / 10)),
        randomSeed(),
      ),
    );
    const hosts = hostMemory();
    const pool = new Pool(dictionary, hosts, this.create, this.workers);
    const lines = new LineFile(paths.lines(dir), true);
    const opened = new Set<number>();
    const unpacker = new Unpacker(this.create, paths.frames(dir));
    try {
      // the threads start meanwhile
      const engine = createEngine(Math.min(expected, FORESEEN), dictionary, correlator);
      const { c } = engine;
      if (engine.records !== undefined) pool.makeRecords = engine.records;
      pool.onGrown = (grown) => {
        c.aside.dict = grown;
      };
      const planned: Probed[] = [];
      for (const f of found) {
        try {
          planned.push({ ...f, ...(await probe(f)), head: headOf(f.path, Math.min(f.size, HEAD_BYTES)) });
        } catch (error) {
          // gone since it was listed
          refused.push({ path: f.path, why: error instanceof Error ? error.message : String(error) });
        }
      }
      const streams = plan(planned, zone, options.year);
      const sources: Source[] = [];
      const fileLine: number[] = [];
      const series: Series[] = streams.map((stream) => ({
        clock: stream.clock,
        pieces: piecesOf(
          stream.files.map((f) => {
            sources.push(sourceOf(f));
            fileLine.push(1);
            return { file: f, source: sources.length - 1 };
          }),
          sources,
          opened,
          chunksAhead(pool.size, streams.length),
          pieceBytes(streams.length),
          unpacker,
        ),
      }));
      const builder = new Builder(engine, lines, pool, fileLine);
      await builder.run(series, (p: BuildProgress) => onProgress({ ...p, totalBytes, files: sources.length }), signal);
      const closed = pool.close(); // what the threads hold is not needed for what follows
      c.fit(pool.dictionary.size + 1);
      settle(c, true);
      for (const [i, s] of sources.entries()) {
        s.lines = fileLine[i] - 1;
        if (s.plain) {
          s.bytes = builder.ends[i] ?? 0;
          if (s.bytes < s.size && s.troubles.gone === undefined) s.troubles.shrunk = 1;
        }
        if (s.path.startsWith(`${dir}/`)) rmSync(s.path, { force: true });
      }
      const info: SetInfo = {
        name,
        zone,
        created: new Date().toISOString(),
        sources,
        first: c.first,
        last: c.latest,
        processes: openProcesses(c),
      };
      const set = new LogSet(info, c.t, pool.dictionary, new Int32Array(hosts), lines, dir);
      await unpacker.close();
      const saved = saveAside(dir, set);
      saved.catch(() => {}); // met below
      lookupOf(set);
      await saved;
      await closed;
      rmSync(target, { recursive: true, force: true });
      renameSync(dir, target);
      set.moved(target);
      return { set, refused };
    } catch (error) {
      rmSync(dir, { recursive: true, force: true });
      throw error;
    } finally {
      await Promise.all([pool.close(), unpacker.close()]);
      for (const fd of opened) closeSync(fd);
    }
  }
}

function randomSeed(): number {
  return (Math.random() * 0x7fffffff) | 0;
}

type Probed = Found & { structure: Structure; head: Buffer; first?: Moment; last?: Moment };

/** What a file is and when it begins and ends. A packed file's end is known only when it has been read. */
async function probe(f: Found): Promise<{ structure: Structure; first?: Moment; last?: Moment }> {
  if (f.packing === 'plain') {
    const structure = structureOf(headOf(f.path, 512));
    if (structure === 'lines') return { structure, ...probePlain(f.path) };
    return { structure };
  }
  for await (const chunk of inflate(f.path, f.packing, f.size, () => {})) {
    const head = chunk.subarray(0, 65536);
    const structure = structureOf(head);
    if (structure !== 'lines') return { structure };
    const moments = momentsIn(Buffer.from(head.subarray(0, head.lastIndexOf(10) + 1 || head.length)));
    // the last of the first lines: enough to see a turn of the year
    return { structure, first: moments[0], last: moments.at(-1) };
  }
  return { structure: 'lines' };
}

async function unpackArchives(found: Found[], dir: string, refused: { path: string; why: string }[]): Promise<Found[]> {
  const out: Found[] = [];
  for (const file of found) {
    if (file.packing === 'zip' || (file.packing !== 'plain' && (await holdsTar(file))))
      out.push(...(await spool(file, dir, refused)));
    else out.push(file);
  }
  return out;
}

function sourceOf(f: Probed): Source {
  return {
    name: f.name,
    path: f.path,
    bytes: 0,
    lines: 0,
    plain: f.packing === 'plain' && f.structure === 'lines' && !/[\\/]spool-\d+-[^\\/]*$/.test(f.path),
    size: f.size,
    mtimeMs: f.mtimeMs,
    inode: f.inode,
    head: hashOf(f.head),
    headBytes: f.head.length,
    troubles: f.trouble === undefined ? {} : { [f.trouble]: 1 },
  };
}

/**
 * `ahead`: pieces that are given out before they are needed; `piece`: bytes of one that is unpacked. `opened` holds the files that are open: the last ones of
 * the series, since threads may still read those.
 */
async function* piecesOf(
  files: { file: Probed; source: number }[],
  sources: Source[],
  opened: Set<number>,
  ahead: number,
  piece: number,
  unpacker: Unpacker,
): AsyncGenerator<Piece> {
  const mine: number[] = [];
  for (const { file, source } of files) {
    if (file.packing === 'plain' && file.structure === 'lines' && sources[source].plain) {
      const here = openSource(sources[source]);
      if (here === undefined) {
        sources[source].troubles.gone = 1;
        continue;
      }
      opened.add(here.fd);
      mine.push(here.fd);
      const done = mine.length > ahead + 2 ? mine.shift() : undefined;
      if (done !== undefined && opened.delete(done)) closeSync(done);
      for (let from = 0; from < file.size; from += LIMITS.chunkBytes) {
        yield { source, fd: here.fd, from, to: Math.min(file.size, from + LIMITS.chunkBytes) };
      }
      continue;
    }
    const { troubles } = sources[source];
    const count = (what: string): void => {
      troubles[what] = (troubles[what] ?? 0) + 1;
    };
    const { path, packing, size, structure } = file;
    let offset = 0;
    try {
      for await (const { bytes, frame, release } of unpacker.lines(
        { path, packing, size, structure, piece },
        ahead,
        count,
      )) {
        yield { source, bytes, offset, frame, release };
        offset += bytes.length;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      count('gone');
    }
    sources[source].bytes = offset;
  }
}
