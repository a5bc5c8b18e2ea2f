/**
 * Distribution lists that an alias takes from a file of their own (`list: :include:/path`, aliases(5)). Such a file is
 * edited where it has one plain receiver a line; anything else in it is shown as the alias has it, and left alone. Pure.
 */
import { type Text, text } from '#shared/model/text.ts';
import { parseMapSource } from '../maps/map-source.ts';
import { utf8 } from './frames.ts';
import type { Snapshot } from './snapshot.ts';
import { addEdit, type Writes } from './writes.ts';

/** Bytes of a list at most; the script on the server reads one more, so that a longer one is seen to be longer. */
export const MAX_LIST = 1_048_576;

export interface IncludedList {
  path: string;
  members: string[];
}

/** The file that an alias of these targets is taken from whole; null: it is not, or not from one file alone. */
export function includedPath(targets: readonly string[]): string | null {
  const [only, ...more] = targets;
  return more.length > 0 ? null : (/^:include:(\/[^\s,"]+)$/.exec(only ?? '')?.[1] ?? null);
}

/** Receivers of a list's file; null: something in it is not one plain receiver a line, or stands there twice. */
export function membersOf(content: string): string[] | null {
  if (content.length > MAX_LIST) return null;
  const found = parseMapSource(content, 'members').map(({ value }) => utf8(value));
  if (found.some((value) => /[\s,"':;|/\\<>()#]/.test(value))) return null;
  return new Set(found.map((value) => value.toLowerCase())).size === found.length ? found : null;
}

/** The list behind an alias, as it was read with the snapshot. */
export function listOf({ files }: Snapshot, targets: readonly string[]): IncludedList | null {
  const path = includedPath(targets);
  const content = path === null ? undefined : files.get(path);
  const members = content === undefined ? null : membersOf(content);
  return path === null || members === null ? null : { path, members };
}

export function setMembers(writes: Writes, { files }: Snapshot, list: IncludedList, wanted: readonly string[]): void {
  const file = { path: list.path, format: 'members' as const, map: null };
  const keep = new Set(wanted.map((each) => each.toLowerCase()));
  for (const { key, raw } of parseMapSource(files.get(list.path) ?? '', 'members')) {
    if (!keep.delete(utf8(key))) addEdit(writes, file, { key, before: raw, after: null });
  }
  for (const member of wanted) {
    const key = member.toLowerCase();
    if (!keep.delete(key)) continue;
    const bytes = Buffer.from(member, 'utf8').toString('latin1');
    addEdit(writes, file, { key: bytes.toLowerCase(), before: null, after: `${bytes}\n` });
  }
}

export const listStays = (path: string): Text =>
  text(/*i18n*/ { id: 'aliases.warn.list-stays', message: 'The list itself stays on the server: {path}' }, { path });
