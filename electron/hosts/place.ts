import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where profiles, journal, safe copies and indexes live. All doors of one person share it, so that the terminal sees
 * the servers added on the page.
 *
 * @param chosen `--data`; wins over POSTDECK_DATA, which wins over the platform's own place.
 */
export function dataDir(chosen?: string): string {
  if (chosen !== undefined && chosen !== '') return chosen;
  const env = process.env['POSTDECK_DATA'];
  if (env !== undefined && env !== '') return env;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Postdeck');
  if (process.platform === 'win32') {
    return join(process.env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'Postdeck');
  }
  return join(process.env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'postdeck');
}
