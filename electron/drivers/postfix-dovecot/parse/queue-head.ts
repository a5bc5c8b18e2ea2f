/** The first records of a queue file: what a message is recognised by. */
export interface QueueHead {
  /** Path below the queue directory: `deferred/7/7595318E2F`. */
  path: string;
  /** Bytes, as postqueue tells them; null: not counted yet (maildrop). */
  size: number | null;
  /** Seconds since 1970; null: not found. */
  arrival: number | null;
  /** Envelope sender, unquoted bytes; null: not found in the part that was read. */
  sender: Buffer | null;
  /** SASL login; null: none. */
  login: string | null;
}

/**
 * Reads the output of `grep -zaH --null -m1 '^[CT]' | cut -zb 1-n` over queue files: path NUL bytes NUL, again and again.
 *
 * A queue file is records of a type byte, a length (7 bits a byte, low first) and data (Postfix, global/record.c). With
 * -z grep takes NUL for the end of line, and the first NUL of a queue file stands at its first empty record: the null
 * sender (S), or M, where the message text begins. So grep never shows a byte of message text, which its writer could
 * have shaped like a record, and reads only the first buffer of each file however large it is.
 */
export class QueueHeadParser {
  #rest: Buffer = Buffer.alloc(0);
  #path: Buffer | null = null;
  readonly #seen = new Set<string>();

  push(chunk: Buffer): QueueHead[] {
    const heads: QueueHead[] = [];
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let from = 0;
    for (let end = data.indexOf(0, from); end !== -1; end = data.indexOf(0, from)) {
      const field = data.subarray(from, end);
      from = end + 1;
      if (this.#path === null) {
        this.#path = field;
        continue;
      }
      const path = this.#path.toString('latin1').replace(/^\.\//, '');
      this.#path = null;
      // A second match in the same file would be bytes inside a record: only the first stands at the file's start.
      if (this.#seen.has(path)) continue;
      this.#seen.add(path);
      heads.push(readHead(path, field));
    }
    this.#rest = Buffer.from(data.subarray(from));
    return heads;
  }

  /** True when the output ended between two files. */
  get whole(): boolean {
    return this.#rest.length === 0 && this.#path === null;
  }
}

const LOGIN = Buffer.from('sasl_username=');

/** Reads the records of a queue file's beginning; a last record that is cut off is left out. */
export function readHead(path: string, data: Buffer): QueueHead {
  const head: QueueHead = { path, size: null, arrival: null, sender: null, login: null };
  let at = 0;
  while (at < data.length) {
    const type = String.fromCharCode(data[at] ?? 0);
    at += 1;
    if (at === data.length) {
      // The NUL that ended the field was this record's length: it is empty.
      if (type === 'S') head.sender ??= Buffer.alloc(0);
      break;
    }
    let length = 0;
    let shift = 0;
    for (let more = true; more && at < data.length && shift < 35; shift += 7) {
      const byte = data[at] ?? 0;
      at += 1;
      length += (byte & 127) * 2 ** shift;
      more = byte > 127;
    }
    if (at + length > data.length) break;
    const value = data.subarray(at, at + length);
    at += length;
    if (type === 'M') break;
    if (type === 'C') head.size ??= leadingNumber(value);
    else if (type === 'T') head.arrival ??= leadingNumber(value);
    else if (type === 'S') head.sender ??= Buffer.from(value);
    else if (type === 'A' && value.subarray(0, LOGIN.length).equals(LOGIN)) {
      head.login ??= value.subarray(LOGIN.length).toString('utf8');
    }
  }
  return head;
}

function leadingNumber(value: Buffer): number | null {
  const [, digits] = /^ *(\d{1,15})(?: |$)/.exec(value.toString('latin1')) ?? [];
  return digits === undefined ? null : Number(digits);
}

/**
 * Whether an envelope sender in a queue file is the one that postqueue showed. postqueue shows it quoted after RFC 822,
 * with a `?` for each byte that is not printable, and with smtputf8_enable=no for each byte above 127.
 */
export function isSender(raw: Buffer, shown: string): boolean {
  const full = raw.toString('utf8');
  if (full === shown) return true;
  const plain = Buffer.from(unquote(shown), 'utf8');
  if (plain.equals(raw)) return true;
  if (plain.length !== raw.length) return false;
  return plain.every((byte, i) => {
    const is = raw[i] ?? 0;
    return byte === is || (byte === 63 && (is < 32 || is > 126));
  });
}

/** `"we ird"@host` to `we ird@host`: as the address stands in the queue file. */
function unquote(address: string): string {
  const [, quoted, rest] = /^"((?:[^"\\]|\\.)*)"(@.*)?$/s.exec(address) ?? [];
  if (quoted === undefined) return address;
  return quoted.replace(/\\(.)/gs, '$1') + (rest ?? '');
}
