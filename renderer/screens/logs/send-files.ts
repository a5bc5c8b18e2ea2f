import { UPLOAD_PART } from '#shared/contract/logs.ts';
import type { Client } from '../../api/wire.ts';

/** A file or folder that was chosen: by its path where the page may know it, else by its content. */
export type Chosen =
  | { by: 'path'; name: string; path: string }
  | { by: 'content'; name: string; size: number; file: File };

/** Parts on the way at once: enough to keep the link busy, few enough for any memory. */
const AHEAD = 4;

/** The desktop app knows where a chosen file is; a browser does not tell. */
export function pathOf(file: File): string | null {
  const path = window.pathOf?.(file) ?? '';
  return path === '' ? null : path;
}

export function chosenFile(file: File): Chosen {
  const path = pathOf(file);
  const name = file.webkitRelativePath === '' ? file.name : file.webkitRelativePath;
  return path === null ? { by: 'content', name, size: file.size, file } : { by: 'path', name, path };
}

/** Files and folders of a drop. Folders whose path is not known are walked; unreadable entries are left out. */
export async function droppedFiles(data: DataTransfer): Promise<Chosen[]> {
  // Entries must be taken before anything is awaited: the browser empties the list then.
  const found = [...data.items]
    .filter((item) => item.kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const chosen: Chosen[] = [];
  for (const { entry, file } of found) {
    const path = file === null ? null : pathOf(file);
    if (file !== null && path !== null) chosen.push({ by: 'path', name: file.name, path });
    else if (entry !== null) chosen.push(...(await walk(entry)));
    else if (file !== null) chosen.push(chosenFile(file));
  }
  return chosen;
}

/** Files in a folder at most, as `index` takes them. */
export const MOST_FILES = 1000;

async function walk(entry: FileSystemEntry): Promise<Chosen[]> {
  const files: Chosen[] = [];
  const waiting: FileSystemEntry[] = [entry];
  for (let next = waiting.shift(); next !== undefined && files.length < MOST_FILES; next = waiting.shift()) {
    if (isFile(next)) {
      const { fullPath } = next;
      const file = await fileOf(next);
      if (file !== null) files.push({ by: 'content', name: fullPath.replace(/^\//, ''), size: file.size, file });
    } else if (isFolder(next)) {
      waiting.push(...(await entriesOf(next)));
    }
  }
  return files;
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function fileOf(entry: FileSystemFileEntry): Promise<File | null> {
  return new Promise((resolve) => {
    entry.file(resolve, () => resolve(null));
  });
}

/** A reader gives at most 100 entries at a time, and none when it is at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve) => {
      reader.readEntries(resolve, () => resolve([]));
    });
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/**
 * Sends one file to the console, part by part.
 *
 * @param onSent Called with the bytes that have arrived since the last call.
 * @returns Where the console put it: goes into `logs.index`.
 */
export async function sendFile(
  client: Client,
  file: File,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  let offset = 0;
  const part = async (uploadId: string | null) => {
    const at = offset;
    const slice = file.slice(at, at + UPLOAD_PART);
    offset += slice.size;
    const base64 = await base64Of(slice);
    return { size: slice.size, call: { uploadId, name: file.name.slice(0, 255) || 'log', offset: at, part: base64 } };
  };
  const first = await part(null);
  const { uploadId, path } = await client.logs.upload(first.call, { signal });
  onSent(first.size);
  const running: Promise<void>[] = [];
  while (offset < file.size) {
    signal.throwIfAborted();
    const next = await part(uploadId);
    running.push(client.logs.upload(next.call, { signal }).then(() => onSent(next.size)));
    if (running.length >= AHEAD) await running.shift();
  }
  await Promise.all(running);
  return path;
}

function base64Of(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => {
      const url = typeof reader.result === 'string' ? reader.result : '';
      resolve(url.slice(url.indexOf(',') + 1));
    });
    reader.addEventListener('error', () => reject(reader.error ?? new Error('the file could not be read')));
    reader.readAsDataURL(blob);
  });
}

/** A name for a set that the console takes: from the first file, and not one that is there already. */
export function nameFor(chosen: readonly Chosen[], taken: readonly string[]): string {
  const [first] = chosen;
  const raw = (first?.name ?? '').split(/[/\\]/).find((part) => part !== '') ?? '';
  const plain = raw
    .replace(/\.(gz|zst|xz|bz2|zip|tar|tgz)$/i, '')
    .replace(/[^\p{L}\p{N} ._@-]/gu, '_')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(0, 90)
    .trim();
  const base = plain === '' ? 'mail.log' : plain;
  if (!taken.includes(base)) return base;
  for (let at = 2; ; at += 1) if (!taken.includes(`${base} ${at}`)) return `${base} ${at}`;
}
