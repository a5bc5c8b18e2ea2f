import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { PAGE_TYPES } from '#shared/model/page-files.ts';

export interface PageFile {
  type: string;
  body: Buffer;
}

/**
 * A file of the built page; null: there is none of that name. The path is checked after links are resolved: whatever
 * is outside the folder does not exist.
 *
 * @param root Folder of the built page.
 * @param path The request's path, still percent-encoded, without the query.
 */
export async function pageFile(root: string, path: string): Promise<PageFile | null> {
  let name: string;
  try {
    name = decodeURIComponent(path);
  } catch {
    return null;
  }
  // Backslash and colon are separators on Windows (C:, streams); no file of ours has them, nor a leading dot.
  if (!name.startsWith('/') || /[\0\\:]|\/\.|\/\//.test(name)) return null;
  const type = PAGE_TYPES[extname(name === '/' ? '/index.html' : name)];
  if (type === undefined) return null;
  try {
    const folder = await realpath(root);
    const file = await realpath(join(folder, name === '/' ? 'index.html' : name));
    if (!file.startsWith(folder + sep)) return null;
    return { type, body: await readFile(file) };
  } catch {
    return null;
  }
}
