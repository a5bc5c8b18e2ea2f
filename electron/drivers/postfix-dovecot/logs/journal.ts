import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { JournalEntry } from '../../logs.ts';

/** Bytes of one entry. journald itself keeps 48 KiB of a line (journald.conf(5) LineMax); others may send more. */
const MOST = 16 * 1024 * 1024;

/** `journalctl -o json`, as it comes: one object a line. */
export class JournalParser {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): JournalEntry[] {
    const all = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = all.lastIndexOf(10) + 1;
    this.#rest = all.subarray(end);
    if (this.#rest.length > MOST) {
      throw new Failure(
        'LIMIT',
        text(/*i18n*/ { id: 'postfix.journal.long', message: 'An entry of the journal is too long' }),
      );
    }
    if (end === 0) return [];
    const entries: JournalEntry[] = [];
    for (const line of all.subarray(0, end).toString('utf8').split('\n')) {
      const entry = line === '' ? null : parseEntry(line);
      if (entry !== null) entries.push(entry);
    }
    return entries;
  }
}

/** null: not an entry. A field that is not text comes as an array of bytes, one that stands there twice as an array of texts. */
function parseEntry(line: string): JournalEntry | null {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
  const field = (name: string): string => {
    const value = fields[name];
    if (typeof value === 'string') return value;
    if (!Array.isArray(value)) return '';
    return typeof value[0] === 'number' ? Buffer.from(value as number[]).toString('utf8') : String(value[0] ?? '');
  };
  const cursor = field('__CURSOR');
  const time = Number(field('__REALTIME_TIMESTAMP'));
  if (cursor === '' || !Number.isFinite(time)) return null;
  return {
    cursor,
    time,
    host: field('_HOSTNAME'),
    program: field('SYSLOG_IDENTIFIER'),
    pid: field('SYSLOG_PID') || field('_PID'),
    message: field('MESSAGE'),
  };
}
