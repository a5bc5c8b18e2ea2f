import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';

const root = join(import.meta.dirname, '..', '..');
export const OUT = join(root, 'out');

/** Chromium as Debian installs it, or as CHROMIUM_PATH says; null: none here. */
export const CHROMIUM: string | null =
  [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    (path): path is string => path !== undefined && existsSync(path),
  ) ?? null;

/** The built app with the smallest page instead of the real one. The caller removes the folder. */
export async function minimalApp(): Promise<string> {
  const folder = copyApp(['main', 'preload']);
  await build({
    configFile: false,
    logLevel: 'error',
    root: join(import.meta.dirname, 'page'),
    build: { outDir: join(folder, 'out', 'renderer'), emptyOutDir: true, target: 'es2024' },
  });
  return folder;
}

/** The built app with its real page. The caller removes the folder. */
export function realApp(): string {
  return copyApp(['main', 'preload', 'renderer']);
}

function copyApp(parts: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'postdeck-sim-app-'));
  for (const part of parts) cpSync(join(OUT, part), join(folder, 'out', part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  writeFileSync(join(folder, 'package.json'), '{"type":"module","main":"out/main/main.js","version":"1.2.3"}');
  return folder;
}

export interface SimEvent {
  type: string;
  [fact: string]: unknown;
}

/** The app running in the simulated host. */
export interface SimApp {
  /** What has been told so far. */
  events: readonly SimEvent[];
  /** Resolves with the next or an earlier event that fits; rejects when the program ends first. */
  until(type: string, fits?: (event: SimEvent) => boolean): Promise<SimEvent>;
  /** Runs source text in the page's own world. */
  evaluate<T>(source: string): Promise<T>;
  send(message: string): void;
  /** Exit code of the program. */
  ended: Promise<number | null>;
  stderr(): string;
  close(): Promise<void>;
}

export function bootApp(folder: string, env: Record<string, string> = {}): SimApp {
  const userData = mkdtempSync(join(tmpdir(), 'postdeck-sim-'));
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'electron.mjs'), folder], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      SIM_USER_DATA: userData,
      SIM_CHROMIUM: CHROMIUM ?? '',
      POSTDECK_DATA: join(userData, 'data'),
      ...env,
    },
  });
  const events: SimEvent[] = [];
  const listeners = new Set<() => void>();
  let stderr = '';
  let code: number | null | undefined;
  let lastId = 0;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout?.resume();
  child.on('message', (event: SimEvent) => {
    events.push(event);
    for (const listener of listeners) listener();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (exit) => {
      code = exit;
      rmSync(userData, { recursive: true, force: true, maxRetries: 5 });
      resolve(exit);
      for (const listener of listeners) listener();
    });
  });

  function until(type: string, fits: (event: SimEvent) => boolean = () => true): Promise<SimEvent> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = events.find((event) => event.type === type && fits(event));
        if (found === undefined && code === undefined) return;
        listeners.delete(look);
        if (found === undefined) reject(new Error(`the program ended (${code}) before ${type}:\n${stderr}`));
        else resolve(found);
      };
      listeners.add(look);
      look();
    });
  }

  return {
    events,
    until,
    async evaluate<T>(source: string) {
      const id = ++lastId;
      child.send({ id, evaluate: source });
      const answer = await until('evaluated', (event) => event['id'] === id);
      if (typeof answer['error'] === 'string') throw new Error(answer['error']);
      return answer['value'] as T;
    },
    send: (message) => void child.send(message),
    ended,
    stderr: () => stderr,
    async close() {
      if (code === undefined) child.kill('SIGKILL');
      await ended;
    },
  };
}
