/** What writes touch: by name, and as it was before them. */
import { createHash } from 'node:crypto';
import type { Writes } from './writes.ts';

/** main.cf is among the files: what is known of the server's configuration no longer holds after them. */
export const editsMain = (writes: Writes): boolean => writes.files.some((file) => file.format === 'main');

/** Everything that would be replaced, as one digest. Nothing of what replaces it: hashes are salted anew each time. */
export function seenOf(writes: Writes): string {
  const before = [
    writes.files.map((file) => [file.path, file.edits.map((edit) => [edit.key, edit.before])]),
    writes.rows.map((row) => [row.table, row.key, row.before]),
    writes.system.map((write) => [write.user, write.before]),
    writes.sieve.map((write) => [write.login, write.before]),
    ...(writes.filters ?? []).map((write) =>
      write.kind === 'file'
        ? [write.path, write.before]
        : [write.table, write.rows.map((row) => [row.key, row.before])],
    ),
    writes.job?.before ?? null,
    writes.moves.map((move) => move.from),
    writes.removes,
  ];
  return createHash('sha256').update(JSON.stringify(before)).digest('hex').slice(0, 32);
}

/** Each entry, row and user by its key, once. */
export function targetsOf(writes: Writes): string[] {
  return [
    ...new Set([
      ...writes.files.flatMap((file) => file.edits.map((edit) => edit.key)),
      ...writes.rows.map((row) => row.key.value),
      ...writes.system.map((write) => write.user),
      ...writes.sieve.map((write) => write.login),
      ...(writes.filters ?? []).map((write) => write.address),
    ]),
  ];
}
