import { randomUUID } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import { UPLOAD_BYTES } from './limits.ts';

/** Files that a browser handed over. The raw lines of a set are read from them for as long as the set is there. */
export class Uploads {
  readonly #dir: string;
  /** Name of each upload of this process. */
  readonly #names = new Map<string, string>();

  constructor(dir: string) {
    this.#dir = join(dir, '.uploads');
  }

  /** Adds a part. A part that is sent again, because its answer was lost, changes nothing. */
  part(uploadId: string | null, name: string, offset: number, base64: string): { uploadId: string; path: string } {
    const id = uploadId ?? randomUUID();
    if (uploadId === null) this.#names.set(id, fileName(name));
    const stored = this.#names.get(id);
    if (stored === undefined) throw unknown(id);
    const folder = join(this.#dir, id);
    const path = join(folder, stored);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const bytes = Buffer.from(base64, 'base64');
    if (offset + bytes.length > UPLOAD_BYTES) throw tooLarge(name);
    const fd = openSync(path, uploadId === null ? 'w' : 'r+', 0o600);
    try {
      if (offset > statSync(path).size) throw hole(name);
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
      ftruncateSync(fd, offset + bytes.length);
    } finally {
      closeSync(fd);
    }
    return { uploadId: id, path };
  }

  /** Removes the uploads among these paths. */
  remove(paths: readonly string[]): void {
    for (const path of paths) {
      if (path.startsWith(this.#dir + sep)) rmSync(dirname(path), { recursive: true, force: true });
    }
  }
}

/** A plain name in our own folder, whatever the page says it is. */
function fileName(name: string): string {
  const last = basename(name.replaceAll('\\', '/')).replace(/[\p{Cc}/\\:*?"<>|]/gu, '_');
  return last === '' || last === '.' || last === '..' ? 'log' : last.slice(-200);
}

function unknown(id: string): Failure {
  return new Failure(
    'NOT_FOUND',
    text(/*i18n*/ { id: 'logs.upload.none', message: 'There is no upload {id}' }, { id }),
    {
      hint: text(/*i18n*/ { id: 'logs.upload.none.hint', message: 'Send the file again from its beginning' }),
    },
  );
}

function hole(name: string): Failure {
  return new Failure(
    'BAD_INPUT',
    text(/*i18n*/ { id: 'logs.upload.hole', message: 'A part of {name} is missing before this one' }, { name }),
    { hint: text(/*i18n*/ { id: 'logs.upload.none.hint', message: 'Send the file again from its beginning' }) },
  );
}

function tooLarge(name: string): Failure {
  return new Failure(
    'LIMIT',
    text(/*i18n*/ { id: 'logs.upload.large', message: '{name} is too large to be sent' }, { name }),
    {
      hint: text(
        /*i18n*/ {
          id: 'logs.upload.large.hint',
          message: 'Index it with the desktop app or the terminal, which read it where it is',
        },
      ),
    },
  );
}
