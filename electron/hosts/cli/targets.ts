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

export type JumpHop = Target & { identityFile: null };
