import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';

/**
 * How a safe copy is sealed: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM.
 *
 *   magic (8) | salt (32) | frame ... ;  frame = length (4, big endian) | ciphertext | tag (16)
 *
 * Each file has its own key, HKDF-SHA256 of the master key with the file's salt, so nonces never meet across files.
 * The nonce counts frames and marks the last one: frames cannot be altered, reordered, dropped or cut off the end.
 * The file's name for it (the change id) is authenticated too: a copy cannot be passed off as another change's.
 */
const MAGIC = Buffer.from('PDSAFE1\n');
const SALT_BYTES = 32;
const TAG_BYTES = 16;
/** Bytes sealed at once: memory needed, and what a flipped bit costs before it is seen. */
export const FRAME_BYTES = 256 * 1024;
export const KEY_BYTES = 32;

/** Seals a stream. Yields the parts of the file in order. */
export async function* seal(
  source: AsyncIterable<Uint8Array>,
  master: Uint8Array,
  name: string,
): AsyncGenerator<Buffer> {
  const salt = randomBytes(SALT_BYTES);
  const key = fileKey(master, salt);
  const head = Buffer.concat([MAGIC, salt]);
  yield head;
  const aad = Buffer.concat([head, Buffer.from(name)]);
  let frame = 0;
  const sealed = (plain: Buffer, last: boolean): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce(frame, last));
    cipher.setAAD(aad);
    const body = Buffer.concat([cipher.update(plain), cipher.final()]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    frame += 1;
    return Buffer.concat([length, body, cipher.getAuthTag()]);
  };
  let rest = Buffer.alloc(0);
  for await (const part of source) {
    rest = rest.length === 0 ? Buffer.from(part) : Buffer.concat([rest, part]);
    // Strictly more: the last frame is sealed as the last one, and only the end of the source tells which it is.
    for (; rest.length > FRAME_BYTES; rest = rest.subarray(FRAME_BYTES))
      yield sealed(rest.subarray(0, FRAME_BYTES), false);
  }
  yield sealed(rest, true);
}

/** Opens what seal() made. Throws BAD_OUTPUT at the first frame that is not what was sealed; what came before it was. */
export async function* unseal(
  file: AsyncIterable<Uint8Array>,
  master: Uint8Array,
  name: string,
): AsyncGenerator<Buffer> {
  const parts = reader(file);
  const head = await parts.take(MAGIC.length + SALT_BYTES);
  if (head === null || !head.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged();
  const key = fileKey(master, head.subarray(MAGIC.length));
  const aad = Buffer.concat([head, Buffer.from(name)]);
  let length = await parts.take(4);
  for (let frame = 0; length !== null; frame += 1) {
    const bytes = length.readUInt32BE();
    if (bytes > FRAME_BYTES) throw damaged();
    const body = await parts.take(bytes + TAG_BYTES);
    if (body === null) throw damaged();
    length = await parts.take(4);
    const last = length === null;
    const decipher = createDecipheriv('aes-256-gcm', key, nonce(frame, last), { authTagLength: TAG_BYTES });
    decipher.setAAD(aad);
    decipher.setAuthTag(body.subarray(bytes));
    let plain: Buffer;
    try {
      plain = Buffer.concat([decipher.update(body.subarray(0, bytes)), decipher.final()]);
    } catch {
      throw damaged();
    }
    yield plain;
    if (last) return;
  }
  throw damaged();
}

function fileKey(master: Uint8Array, salt: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', master, salt, 'postdeck safe copies 1', KEY_BYTES));
}

function nonce(frame: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt8(last ? 1 : 0, 0);
  bytes.writeBigUInt64BE(BigInt(frame), 4);
  return bytes;
}

function damaged(): Failure {
  return new Failure(
    'BAD_OUTPUT',
    text(/*i18n*/ { id: 'safe.damaged', message: 'The safe copies are damaged or were altered' }),
    {
      hint: text(
        /*i18n*/ {
          id: 'safe.damaged.hint',
          message: 'Nothing was put back. Take the file from a backup of the data folder',
        },
      ),
    },
  );
}

/** Takes exact counts of bytes from a stream. null: it ended before them. */
function reader(source: AsyncIterable<Uint8Array>): { take(bytes: number): Promise<Buffer | null> } {
  const parts = source[Symbol.asyncIterator]();
  let waiting: Buffer[] = [];
  let have = 0;
  return {
    async take(bytes) {
      while (have < bytes) {
        const next = await parts.next();
        if (next.done === true) return null;
        waiting.push(Buffer.from(next.value));
        have += next.value.length;
      }
      const all = waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : Buffer.concat(waiting);
      waiting = [all.subarray(bytes)];
      have -= bytes;
      return all.subarray(0, bytes);
    },
  };
}
