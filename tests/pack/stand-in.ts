import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPackage } from './builder.ts';

/** Electron's program holds its fuses behind this mark, as bytes that a packer flips. */
const FUSE_MARK = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';

/**
 * A folder that looks to the packer like an unpacked Electron for Linux, without Electron: enough to prove the file
 * list, the archive and the fuses on a machine that cannot fetch the runtime.
 */
export async function standInRuntime(folder: string, version: string): Promise<string> {
  const dist = join(folder, 'electron-dist');
  const app = join(folder, 'default-app');
  mkdirSync(join(dist, 'locales'), { recursive: true });
  mkdirSync(join(dist, 'resources'));
  mkdirSync(app);
  const fuses = Buffer.concat([Buffer.from(FUSE_MARK), Buffer.from([1, 9]), Buffer.from('0'.repeat(9))]);
  writeFileSync(join(dist, 'electron'), Buffer.concat([Buffer.alloc(64), fuses, Buffer.alloc(64)]), { mode: 0o755 });
  for (const name of ['LICENSE', 'LICENSES.chromium.html']) writeFileSync(join(dist, name), '');
  writeFileSync(join(dist, 'version'), version);
  for (const locale of ['en-US', 'pl', 'nb', 'de']) writeFileSync(join(dist, 'locales', `${locale}.pak`), '');
  writeFileSync(join(app, 'package.json'), '{"name":"default"}');
  await createPackage(app, join(dist, 'resources', 'default_app.asar'));
  return dist;
}
