import { InvalidArgumentError } from 'commander';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `2h`, `90s`, `1h30m`, `3d`, `1w`; a bare number is seconds. Answers seconds. */
export function parseDuration(value: string): number {
  if (/^\d+$/.test(value)) return Number(value);
  if (!/^(\d+[smhdw])+$/.test(value))
    throw new InvalidArgumentError(`expected a duration such as 90s, 5m, 2h or 3d; got ${value}`);
  let seconds = 0;
  for (const [, count, unit] of value.matchAll(/(\d+)([smhdw])/g))
    seconds += Number(count) * (SECONDS[unit ?? ''] ?? 0);
  return seconds;
}

const BYTES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** `10M`, `500k`, `1.5G`, `1MiB`, plain bytes. Steps of 1024, as in ls -h. Answers bytes. */
export function parseSize(value: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/i.exec(value);
  if (match === null) throw new InvalidArgumentError(`expected a size such as 500k, 10M or 2G; got ${value}`);
  return Math.round(Number(match[1]) * (BYTES[(match[2] ?? '').toLowerCase()] ?? 1));
}

/** A whole number, not negative. */
export function parseCount(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError(`expected a whole number, 0 or more; got ${value}`);
  return Number(value);
}

export function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port > 65_535)
    throw new InvalidArgumentError(`expected a port, 0 to 65535; got ${value}`);
  return port;
}

/** Seconds, more than 0. */
export function parseSeconds(value: string): number {
  const seconds = Number(value);
  if (!/^\d+(\.\d+)?$/.test(value) || seconds <= 0)
    throw new InvalidArgumentError(`expected seconds, more than 0; got ${value}`);
  return seconds;
}

/** For people: three digits at most. */
export function showSize(bytes: number): string {
  let value = bytes;
  for (const unit of ['B', 'K', 'M', 'G']) {
    if (value < 1000) return `${unit === 'B' || value >= 100 ? Math.round(value) : value.toFixed(1)}${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(1)}T`;
}

/** For people: the largest fitting unit of the time since `iso`. */
export function showAge(iso: string, now: number = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
