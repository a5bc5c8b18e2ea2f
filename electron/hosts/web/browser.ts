import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Is there a desktop whose browser the person would see? Not over SSH, where it opens on the wrong screen. */
export function hasDesktop(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): boolean {
  if (env['SSH_CONNECTION'] !== undefined) return false;
  if (platform === 'win32' || platform === 'darwin') return true;
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
}

/** The program that opens a file in the default browser, as an argv. */
export function openerOf(target: string, platform: NodeJS.Platform = process.platform): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['open', target];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', target];
  return ['xdg-open', target];
}

/**
 * Opens the address in the default browser. The token must not show up in the list of processes, so the browser is
 * given a file that only this person can read and that leads on to the address. It lies in the home folder, since
 * browsers packed as snap or flatpak see neither hidden folders nor /tmp.
 *
 * @returns Removes the file; call it when the page has come in, and at the end.
 */
export async function openBrowser(url: string): Promise<() => Promise<void>> {
  const file = join(homedir(), `postdeck-${randomBytes(6).toString('hex')}.html`);
  const remove = () => rm(file, { force: true });
  const page = `<!doctype html><meta charset="utf-8"><title>Postdeck</title><script>location.replace(${JSON.stringify(url)})</script>\n`;
  try {
    await writeFile(file, page, { mode: 0o600, flag: 'wx' });
    const [program, ...args] = openerOf(pathToFileURL(file).href);
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    child.on('error', () => void remove()); // no opener here: the printed line is enough
    child.unref();
    setTimeout(() => void remove(), 60_000).unref();
  } catch {
    await remove();
  }
  return remove;
}
