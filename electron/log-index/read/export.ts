/** journald's export format: https://systemd.io/JOURNAL_EXPORT_FORMATS/ */
import { LIMITS } from '../limits.ts';

/** Fields that a line of syslog is made of. */
const WANTED = new Set([
  '__REALTIME_TIMESTAMP',
  '_HOSTNAME',
  'SYSLOG_IDENTIFIER',
  '_COMM',
  '_PID',
  'SYSLOG_PID',
  'MESSAGE',
]);

/**
 * The wanted fields of each entry. `NAME=value` ends with its line; a value that is not plain text has its length in
 * eight bytes, least first, before it. `bad`: a length that cannot be, or an end inside an entry.
 */
export async function* exportEntries(
  stream: AsyncIterable<Buffer>,
  bad: () => void,
): AsyncGenerator<Record<string, string>> {
  let rest: Buffer = Buffer.alloc(0);
  let fields: Record<string, string> = {};
  let some = false;
  for await (const chunk of stream) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      const nl = bytes.indexOf(10, at);
      if (nl < 0) break;
      if (nl === at) {
        if (some) yield fields;
        fields = {};
        some = false;
        at = nl + 1;
        continue;
      }
      const eq = bytes.subarray(at, nl).indexOf(61);
      if (eq >= 0) {
        const name = bytes.toString('latin1', at, at + Math.min(eq, 64));
        if (WANTED.has(name)) fields[name] = bytes.toString('utf8', at + eq + 1, nl);
        some = true;
        at = nl + 1;
        continue;
      }
      if (bytes.length < nl + 9) break;
      const length = Number(bytes.readBigUInt64LE(nl + 1));
      if (length > LIMITS.lineBytes) {
        bad(); // not such a field: a line of something else
        at = nl + 1;
        continue;
      }
      if (bytes.length < nl + 9 + length + 1) break;
      const name = bytes.toString('latin1', at, Math.min(nl, at + 64));
      if (WANTED.has(name)) fields[name] = bytes.toString('utf8', nl + 9, nl + 9 + length);
      some = true;
      at = nl + 9 + length + 1;
    }
    rest = Buffer.from(bytes.subarray(at));
    if (rest.length > LIMITS.lineBytes * 2) {
      bad();
      rest = Buffer.alloc(0);
    }
  }
  if (rest.length > 0) bad();
  if (some) yield fields;
}
