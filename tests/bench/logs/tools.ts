import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync, statSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The generator's start: lines without a year and a zone are read as they were written. */
export const READ_AS = { zone: 'Europe/Berlin', year: 2026 };
const CLI = fileURLToPath(new URL('../logs-cli.ts', import.meta.url));

export interface Ran {
  ms: number;
  /** Standard error, and standard output where it was asked for. */
  said: string;
}

/**
 * Runs a program to its end. Its output goes nowhere, into a file, or is given back ('text'). `input` is its standard
 * input.
 */
export async function run(program: string, argv: string[], output?: string, input = ''): Promise<Ran> {
  const start = performance.now();
  const fd = output === undefined ? 'ignore' : output === 'text' ? 'pipe' : openSync(output, 'w');
  try {
    const child = spawn(program, argv, { stdio: ['pipe', fd, 'pipe'] });
    child.stdin?.on('error', () => undefined); // it ended without reading all
    child.stdin?.end(input);
    const said: Buffer[] = [];
    child.stdout?.on('data', (bytes: Buffer) => said.push(bytes));
    child.stderr?.on('data', (bytes: Buffer) => said.push(bytes));
    const [code] = (await once(child, 'close')) as [number];
    const words = Buffer.concat(said).toString();
    // rg and grep say 1 when nothing matched
    if (code !== 0 && !(code === 1 && /grep$|^rg$/.test(program)))
      throw new Error(`${program} ended with ${code}: ${words.slice(0, 2000)}`);
    return { ms: performance.now() - start, said: words };
  } finally {
    if (typeof fd === 'number') closeSync(fd);
  }
}

/** Whether a program is on this machine. */
export async function has(program: string): Promise<boolean> {
  try {
    await run(program, ['--version']);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

/** Indexes a log in a process of its own, and gives the whole time of the process and its largest memory in MB. */
export async function ingest(log: string, folder: string, set: string): Promise<{ ms: number; peak: number }> {
  const argv = [CLI, 'index', folder, set, log, '--year', String(READ_AS.year), '--timezone', READ_AS.zone];
  // What ships is compiled; here the first run leaves its sources compiled for those that follow.
  process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'postdeck-bench-compiled');
  const { ms, said } = await run(process.execPath, argv);
  return { ms, peak: Number(/"peakMB":(\d+)/.exec(said)?.[1]) };
}

/** Cuts a log after its last whole line under `bytes` from its end, and gives the rest. */
export function cutTail(path: string, bytes: number): Buffer {
  const { size } = statSync(path);
  const fd = openSync(path, 'r');
  const rest = Buffer.alloc(Math.min(bytes, size));
  try {
    readSync(fd, rest, 0, rest.length, size - rest.length);
  } finally {
    closeSync(fd);
  }
  const first = rest.indexOf(10) + 1;
  truncateSync(path, size - rest.length + first);
  return rest.subarray(first);
}

/** Puts bytes behind a file. */
export function append(path: string, bytes: Buffer): void {
  const fd = openSync(path, 'a');
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  } finally {
    closeSync(fd);
  }
}

/** The value that 95 of 100 do not exceed. */
export function p95(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))] ?? Number.NaN;
}
