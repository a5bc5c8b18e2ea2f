import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { GlobalOptions } from './session.ts';
import { parsePort } from './units.ts';

interface OpenOptions extends GlobalOptions {
  web?: true;
  desktop?: true;
  open: boolean;
  port?: number;
  readOnly?: true;
}

/** `postdeck open`: starts the page and stays until it ends. */
export function addOpen(program: Command): void {
  program
    .command('open')
    .description('start the page: the desktop app, or a browser on loopback')
    .option('--web', 'serve it to a browser on this computer')
    .option('--desktop', 'start the desktop app')
    .option('--no-open', 'with --web: do not open the browser')
    .option('--port <n>', 'with --web: port on 127.0.0.1; 0: any free one', parsePort)
    .option('--read-only', 'with --web: for looking only')
    .action(async (_options: unknown, command: Command) => {
      process.exitCode = await open(command.optsWithGlobals<OpenOptions>());
    });
}

function open(options: OpenOptions): Promise<number> {
  const here = import.meta.dirname;
  const launcher = join(here, '..', '..', 'electron', 'hosts', 'launch.mjs');
  const web = [
    ...(options.open ? [] : ['--no-open']),
    ...(options.port === undefined ? [] : ['--port', String(options.port)]),
    ...(options.readOnly === true ? ['--read-only'] : []),
  ];
  // In a checkout the launcher knows whether the desktop can start; an installed console brings only the web host.
  const args = existsSync(launcher)
    ? [launcher, 'start', ...(options.web ? ['--web'] : []), ...(options.desktop ? ['--desktop'] : []), ...web]
    : [join(here, 'web.js'), ...web];
  const env = options.data === undefined ? process.env : { ...process.env, POSTDECK_DATA: options.data };
  const child = spawn(process.execPath, args, { stdio: 'inherit', env });
  // The terminal sends Ctrl-C to both; only the child acts on it, and its end is ours.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}
