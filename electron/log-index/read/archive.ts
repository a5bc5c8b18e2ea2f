/** Members of zip and tar archives, spooled to files so that they can be put in order like any others. */
import { createReadStream, createWriteStream, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import yauzl from 'yauzl';
import { LIMITS } from '../limits.ts';
import { type Found, headOf, packingOf } from './expand.ts';
import { inflate, type Trouble } from './unpack.ts';

/** True when a compressed file holds a tar. */
export async function holdsTar(file: Found): Promise<boolean> {
  if (file.packing === 'plain' || file.packing === 'zip' || file.packing === 'tar') return file.packing === 'tar';
  for await (const chunk of inflate(file.path, file.packing, file.size, () => {}))
    return packingOf(chunk.subarray(0, 512)) === 'tar';
  return false;
}

/** An archive ends, or is damaged, in the middle of a member: it is there up to that place. */
class CutShort extends Error {}

/**
 * Writes the members of an archive into `dir` and lists them. Names inside are only ever shown: files are written
 * under numbers, so `../../etc/passwd` goes nowhere. Archives inside archives are not opened. Of an archive that is cut
 * the members before are listed and what is there of the last, with the trouble it has.
 */
export async function spool(file: Found, dir: string, refused: { path: string; why: string }[]): Promise<Found[]> {
  const out: Found[] = [];
  let number = 0;
  /** What is wrong with the packing around the members, and whether a member tells it. */
  let damage: Trouble | undefined;
  let told = false;
  const take = async (name: string, stream: AsyncIterable<Uint8Array>, mtimeMs: number): Promise<void> => {
    if (++number > LIMITS.archiveMembers) throw new Error(`more than ${LIMITS.archiveMembers} members`);
    const path = join(dir, `spool-${out.length}-${basename(file.path).replace(/[^\w.-]/g, '_')}`);
    let bytes = 0;
    let cut: unknown;
    const limited = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for await (const chunk of stream) {
          bytes += chunk.length;
          if (bytes > LIMITS.inflatedBytes || bytes > Math.max(file.size, 1 << 20) * LIMITS.inflationRatio)
            throw new Error('unpacks to more than the limit');
          yield chunk;
        }
      } catch (error) {
        cut = error; // an error that is handed on would take what waits to be written with it
      }
    };
    await pipeline(Readable.from(limited()), createWriteStream(path));
    const { size } = statSync(path);
    const packing = size > 0 ? packingOf(headOf(path, 512)) : 'plain';
    if (size === 0 || packing === 'zip' || packing === 'tar') {
      rmSync(path, { force: true });
      if (cut !== undefined) throw cut;
      return;
    }
    const found: Found = { path, name: `${file.path}!${name}`, packing, size, mtimeMs, inode: 0 };
    out.push(found);
    if (cut === undefined) return;
    if (!(cut instanceof CutShort)) throw cut;
    // a packed member that is cut is found to be so when it is read
    if (packing === 'plain') found.trouble = damage ?? 'truncated';
    told = true;
  };
  try {
    if (file.packing === 'zip') await unzip(file.path, take);
    else await untar(file, take, (trouble) => (damage ??= trouble));
  } catch (error) {
    if (error instanceof CutShort)
      damage ??= 'truncated'; // between two members, or at the beginning of one
    else refused.push({ path: file.path, why: error instanceof Error ? error.message : String(error) });
  }
  if (damage !== undefined && damage !== 'trailing-bytes' && !told) {
    const what = damage === 'truncated' ? 'ends too early' : damage === 'corrupt' ? 'damaged inside' : damage;
    const last = out.at(-1)?.name.slice(file.path.length + 1);
    const lost = last === undefined ? 'nothing of it is readable' : `what follows ${last} in it is missing`;
    refused.push({ path: file.path, why: `${what}: ${lost}` });
  }
  return out;
}

type Take = (name: string, stream: AsyncIterable<Uint8Array>, mtimeMs: number) => Promise<void>;

/**
 * Gives the members of a tar. Where its bytes end too early, the parser would drop what waits in it: it is given a mark
 * instead of an end, and the end once the last member was taken.
 */
async function untar(file: Found, take: Take, report: (trouble: Trouble) => void): Promise<void> {
  const mark = Buffer.alloc(1024); // two blocks of zeros: the end of a tar that is whole
  let open = 0;
  let ended = false;
  let cut = false;
  let taken = (): void => undefined;
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    yield* file.packing === 'tar' ? createReadStream(file.path) : inflate(file.path, file.packing, file.size, report);
    ended = true;
    yield mark;
    while (open > 0) {
      await new Promise<void>((resolve) => {
        taken = resolve;
      });
    }
  };
  const upToMark = async function* (entry: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of entry) {
      cut = chunk.buffer === mark.buffer;
      if (cut) throw new CutShort();
      yield chunk;
    }
  };
  const tar = extract();
  tar.on('entry', () => open++);
  const fed = pipeline(bytes, tar);
  fed.catch(() => {}); // the loop below meets the same error
  let failed: { with: unknown } | undefined;
  try {
    for await (const entry of tar) {
      const { header } = entry;
      try {
        const member = upToMark(entry as unknown as AsyncIterable<Uint8Array>);
        if (header.type === 'file') await take(header.name, member, header.mtime?.getTime() ?? file.mtimeMs);
        else for await (const _ of member);
      } catch (error) {
        failed = { with: error };
        throw error;
      } finally {
        open--;
        taken();
      }
      if (cut) return; // leaving the member has closed the parser
    }
    await fed;
  } catch (error) {
    if (failed !== undefined) throw failed.with;
    if (error instanceof Error && 'code' in error) throw error; // of the system
    // in what words the parser misses the rest is of no use to anybody
    if (!ended) report('corrupt');
    throw new CutShort();
  }
}

async function unzip(path: string, take: Take): Promise<void> {
  const zip = await new Promise<yauzl.ZipFile>((resolve, reject) => {
    yauzl.open(path, { lazyEntries: true, autoClose: true }, (error, file) =>
      file ? resolve(file) : reject(error ?? new Error('no zip')),
    );
  });
  await new Promise<void>((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', () => resolve());
    zip.on('entry', (entry: yauzl.Entry) => {
      if (entry.fileName.endsWith('/')) {
        zip.readEntry();
        return;
      }
      zip.openReadStream(entry, (error, stream) => {
        if (!stream) {
          reject(error ?? new Error('no stream'));
          return;
        }
        take(entry.fileName, stream, entry.getLastModDate().getTime()).then(() => zip.readEntry(), reject);
      });
    });
    zip.readEntry();
  });
}
