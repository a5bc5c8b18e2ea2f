/** Small process tools for the lab: run a program, know a process by pid *and* start time, hold a lock across processes. */
import { spawn, type SpawnOptions } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export type RunResult = { stdout: string; stderr: string; code: number };

export type RunOptions = {
  /** Given to the program on its stdin, which is closed after it. Default: stdin is empty. */
  stdin?: string | Buffer;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Ends the program by SIGKILL and fails the call. */
  signal?: AbortSignal | undefined;
  /** Milliseconds after which the program is ended by SIGKILL and the call fails. Default: none. */
  timeout?: number;
};

/** Runs a program to its end. A code other than 0 is a result, not an error; a program that cannot start is an error. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error('run: empty argv');
  const spawnOptions: SpawnOptions = {
    stdio: 'pipe',
    env: options.env,
    cwd: options.cwd,
    signal: options.signal,
    killSignal: 'SIGKILL',
  };
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, spawnOptions);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let late = false;
    const timer =
      options.timeout === undefined
        ? undefined
        : setTimeout(() => {
            late = true;
            child.kill('SIGKILL');
          }, options.timeout);
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin?.on('error', () => {}); // EPIPE: the program did not want its input; its exit code tells
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(new Error(`${file} did not start: ${cause.message}`, { cause }));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const stdout = Buffer.concat(out).toString();
      const stderr = Buffer.concat(err).toString();
      if (late) reject(new Error(`${argv.join(' ')}: not finished after ${options.timeout} ms\n${stdout}${stderr}`));
      else resolve({ stdout, stderr, code: code ?? 128 + (signal === 'SIGKILL' ? 9 : 15) });
    });
    child.stdin?.end(options.stdin ?? '');
  });
}

/** Like {@link run}, but a code other than 0 is an error that carries the program's own words. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(argv, options);
  if (result.code !== 0) throw new Error(`${argv.join(' ')}: exit ${result.code}\n${result.stderr || result.stdout}`);
  return result.stdout;
}

/** A process as the kernel knows it. A pid alone is not enough: pids are used again, a start time is not. */
export type Proc = { pid: number; start: number };

type Stat = Proc & { ppid: number; pgrp: number; state: string };

export function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // the name in parentheses may itself contain spaces and parentheses
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      pid,
      state: fields[0] ?? '',
      ppid: Number(fields[1]),
      pgrp: Number(fields[2]),
      start: Number(fields[19]),
    };
  } catch {
    return undefined; // gone meanwhile
  }
}

/** The process with its start time, or undefined when there is none (a zombie counts as none). */
export function procOf(pid: number): Proc | undefined {
  const stat = statOf(pid);
  return stat === undefined || stat.state === 'Z' ? undefined : { pid, start: stat.start };
}

export function isAlive(proc: Proc | undefined): proc is Proc {
  return proc !== undefined && procOf(proc.pid)?.start === proc.start;
}

export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

export function childrenOf(pid: number): number[] {
  return allPids().filter((other) => statOf(other)?.ppid === pid);
}

export function argvOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

/** The environment a process was started with; empty when it is gone or not ours to read. */
export function envOf(pid: number): Record<string, string> {
  try {
    const settings = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
    return Object.fromEntries(settings.map((text) => [text.split('=', 1)[0], text.slice(text.indexOf('=') + 1)]));
  } catch {
    return {};
  }
}

/** Every process that was started with this name and value in its environment. */
export function procsWithEnv(name: string, value: string): Proc[] {
  return allPids().flatMap((pid) => (envOf(pid)[name] === value ? (procOf(pid) ?? []) : []));
}

/** Ends processes by SIGKILL and waits until they are gone. Each is checked by start time right before. */
export async function end(procs: readonly Proc[], within = 10_000): Promise<void> {
  for (const proc of procs) {
    if (!isAlive(proc)) continue;
    try {
      process.kill(proc.pid, 'SIGKILL');
    } catch {
      // it ended by itself in between
    }
  }
  await until(() => !procs.some(isAlive), `processes ${procs.map((p) => p.pid).join(', ')} to end`, within, 10);
}

/** Asks again and again until the answer is neither false nor undefined; fails with `what` when time is up. */
export async function until<T>(
  ask: () => T | Promise<T>,
  what: string,
  within = 20_000,
  every = 50,
): Promise<Exclude<T, false | undefined>> {
  const deadline = performance.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer as Exclude<T, false | undefined>;
    if (performance.now() > deadline) throw new Error(`waited ${within} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/**
 * Runs `work` while holding an exclusive lock on a file, across processes. The lock belongs to a child (`flock`) that
 * ends when its stdin closes, hence also when this process is killed: a lock never outlives its holder.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo locked; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    holder.once('error', reject);
    holder.once('exit', (code) => reject(new Error(`flock ${file}: exit ${code}`)));
  });
  try {
    return await work();
  } finally {
    const gone = new Promise((resolve) => holder.once('close', resolve));
    holder.stdin.end();
    await gone;
  }
}
