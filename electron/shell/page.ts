import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { protocol } from 'electron';
import { PAGE_CSP, PAGE_TYPES } from '#shared/model/page-files.ts';
import { SCHEME } from './origin.ts';

/** Must run before the app is ready. */
export function claimScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the built page as app://console/. */
export function servePage(root: string): void {
  protocol.handle(SCHEME, async (request) => {
    const url = new URL(request.url);
    const file = url.host === 'console' && request.method === 'GET' ? await find(root, url.pathname) : null;
    const headers = {
      'content-security-policy': PAGE_CSP,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-type': file?.type ?? 'text/plain; charset=utf-8',
    };
    return new Response(file?.body ?? 'No such page.\n', { status: file === null ? 404 : 200, headers });
  });
}

/** Checked after links are resolved: whatever is outside the folder does not exist. */
async function find(root: string, path: string): Promise<{ type: string; body: Buffer<ArrayBuffer> } | null> {
  try {
    const name = decodeURIComponent(path === '/' ? '/index.html' : path);
    const type = PAGE_TYPES[extname(name)];
    if (type === undefined || name.includes('\0')) return null;
    const folder = await realpath(root);
    const file = await realpath(join(folder, name));
    if (!file.startsWith(folder + sep)) return null;
    return { type, body: await readFile(file) };
  } catch {
    return null;
  }
}
