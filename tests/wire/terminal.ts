/** The terminal as a script has it: no terminal to ask on, a data folder of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const CLI = join(ROOT, 'electron', 'hosts', 'cli.ts');
/** Compiled once for all: two thirds of what a short command takes is reading its sources. */
const COMPILED = join(ROOT, 'node_modules', '.cache', 'postdeck-compiled');

export interface Ended {
  exit: number | null;
  stdout: string;
  stderr: string;
}

export interface Terminal {
  data: string;
  start: (args: readonly string[], env?: Record<string, string>) => ChildProcessWithoutNullStreams;
  run: (args: readonly string[], options: { input?: string; env?: Record<string, string> }) => Promise<Ended>;
  cli: (...args: string[]) => Promise<Ended>;
  close: () => void;
}

export function openTerminal(): Terminal {
  const data = mkdtempSync(join(tmpdir(), 'postdeck-cli-'));
  const start: Terminal['start'] = (args, env = {}) =>
    spawn(process.execPath, ['--no-warnings', CLI, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: COMPILED,
        POSTDECK_DATA: data,
        POSTDECK_KEYRING: 'off',
        ...env,
      },
    });
  const run: Terminal['run'] = (args, { input = '', env }) => {
    const child = start(args, env);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => undefined); // it may have ended without reading
    child.stdin.end(input);
    return new Promise((resolve) => child.once('close', (exit) => resolve({ exit, stdout, stderr })));
  };
  return {
    data,
    start,
    run,
    cli: (...args) => run(args, {}),
    close: () => rmSync(data, { recursive: true, force: true }),
  };
}

export const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** NDJSON, whose shape the test asserts. */
export const objects = <T = Record<string, never>>(text: string): T[] =>
  lines(text).map((line) => JSON.parse(line) as T);
