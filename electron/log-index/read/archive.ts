/** Members of zip and tar archives, spooled to files so that they can be put in order like any others. */
import { createReadStream, createWriteStream, existsSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import yauzl from 'yauzl';
import { LIMITS } from '../limits.ts';
import { type Found, headOf, packingOf } from './expand.ts';
import { inflate } from './unpack.ts';

/** True when a compressed file holds a tar. */
export async function holdsTar(file: Found): Promise<boolean> {
  if (file.packing === 'plain' || file.packing === 'zip' || file.packing === 'tar') return file.packing === 'tar';
  for await (const chunk of inflate(file.path, file.packing, file.size, () => {}))
    return packingOf(chunk.subarray(0, 512)) === 'tar';
  return false;
}

/**
 * Writes the members of an archive into `dir` and lists them. Names inside are only ever shown: files are written
 * under numbers, so `../../etc/passwd` goes nowhere. Archives inside archives are not opened.
 */
export async function spool(file: Found, dir: string, refused: { path: string; why: string }[]): Promise<Found[]> {
  const out: Found[] = [];
  let number = 0;
  const take = async (name: string, stream: AsyncIterable<Uint8Array>, mtimeMs: number): Promise<void> => {
    if (++number > LIMITS.archiveMembers) throw new Error(`more than ${LIMITS.archiveMembers} members`);
    const path = join(dir, `spool-${out.length}-${basename(file.path).replace(/[^\w.-]/g, '_')}`);
    let bytes = 0;
    const limited = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of stream) {
        bytes += chunk.length;
        if (bytes > LIMITS.inflatedBytes || bytes > Math.max(file.size, 1 << 20) * LIMITS.inflationRatio)
          throw new Error('unpacks to more than the limit');
        yield chunk;
      }
    };
    // an archive that is cut in the middle of a member still holds its beginning
    const cut = await pipeline(Readable.from(limited()), createWriteStream(path)).then(
      () => undefined,
      (error: unknown) => error,
    );
    const size = existsSync(path) ? statSync(path).size : 0;
    if (cut !== undefined && size === 0) throw cut;
    const packing = size > 0 ? packingOf(headOf(path, 512)) : 'plain';
    if (size === 0 || packing === 'zip' || packing === 'tar') {
      rmSync(path, { force: true });
      return;
    }
    out.push({ path, name: `${file.path}!${name}`, packing, size, mtimeMs, inode: 0 });
    if (cut !== undefined) throw cut;
  };
  try {
    if (file.packing === 'zip') await unzip(file.path, take);
    else await untar(file, take);
  } catch (error) {
    refused.push({ path: file.path, why: error instanceof Error ? error.message : String(error) });
  }
  return out;
}

type Take = (name: string, stream: AsyncIterable<Uint8Array>, mtimeMs: number) => Promise<void>;

async function untar(file: Found, take: Take): Promise<void> {
  const tar = extract();
  const source =
    file.packing === 'tar'
      ? createReadStream(file.path)
      : Readable.from(inflate(file.path, file.packing, file.size, () => {}));
  const fed = pipeline(source, tar);
  fed.catch(() => {}); // the loop below meets the same error
  for await (const entry of tar) {
    const { header } = entry;
    if (header.type === 'file')
      await take(header.name, entry as unknown as AsyncIterable<Uint8Array>, header.mtime?.getTime() ?? file.mtimeMs);
    else entry.resume();
  }
  await fed;
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
