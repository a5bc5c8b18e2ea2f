import { open, rm } from 'node:fs/promises';
import { text } from '#shared/model/text.ts';
import { UsageFailure } from './exit.ts';

/**
 * A new file that only its owner can read, made before anything is changed on a server: passwords that were made must
 * not be lost for want of a place. An existing file is never written over.
 */
export async function newSecretFile(
  path: string,
): Promise<{ write(content: string): Promise<void>; drop(): Promise<void> }> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new UsageFailure(
      text(
        /*i18n*/ { id: 'cli.secret-file', message: 'Cannot make the new file {path}: {why}' },
        { path, why: error.code ?? error.message },
      ),
    );
  });
  let closed = false;
  const close = async (): Promise<void> => {
    if (!closed) await file.close();
    closed = true;
  };
  return {
    async write(content) {
      await file.writeFile(content, 'utf8');
      await file.sync();
      await close();
    },
    async drop() {
      await close();
      await rm(path, { force: true });
    },
  };
}
