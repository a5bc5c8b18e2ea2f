import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';

interface Target {
  user: string;
  host: string;
  port: number;
}

/** `USER@HOST`, `USER@HOST:PORT`, `USER@[IPV6]:PORT`. What the parts may hold is the contract's to say. */
export function parseTarget(value: string): Target {
  const match = /^([^@]+)@(?:\[([0-9A-Fa-f:.%]+)\]|([^@:[\]]+))(?::(\d{1,5}))?$/.exec(value);
  const bare = /^([^@]+)@([0-9A-Fa-f:]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/.exec(value); // IPv6 without brackets or port
  const [user, host] = match === null ? [bare?.[1], bare?.[2]] : [match[1], match[2] ?? match[3]];
  const port = Number(match?.[4] ?? 22);
  if (user === undefined || host === undefined || port < 1 || port > 65_535) {
    throw new InvalidArgumentError(`expected USER@HOST or USER@HOST:PORT; got ${value}`);
  }
  return { user, host, port };
}

/** Jump hosts, first one first; the option may also be given several times. */
export function parseJumps(value: string, before: JumpHop[] | undefined): JumpHop[] {
  return [...(before ?? []), ...value.split(',').map((part) => ({ ...parseTarget(part.trim()), identityFile: null }))];
}

/** A key file that is there and can be read, by its whole path: the profile is used from other folders, too. */
export function parseKeyFile(value: string): string {
  const file = /^~[/\\]/.test(value) ? join(homedir(), value.slice(2)) : resolve(value);
  try {
    accessSync(file, constants.R_OK);
    if (statSync(file).isFile()) return file;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'it cannot be read' : String(code);
    throw new InvalidArgumentError(`expected a private key file; got ${value}: ${why}`);
  }
  throw new InvalidArgumentError(`expected a private key file; got ${value}: it is no file`);
}

export type JumpHop = Target & { identityFile: null };
