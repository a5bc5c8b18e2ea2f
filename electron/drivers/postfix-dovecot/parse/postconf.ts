import type { RetryTimes } from '#shared/model/server.ts';

/** Reads `postconf` output: `name = value` lines; long values go on in lines that begin with white space. */
export function parsePostconf(output: string): Map<string, string> {
  const settings = new Map<string, string>();
  let last: string | null = null;
  for (const line of output.split('\n')) {
    const [, name, value] = /^([A-Za-z0-9_./-]+) =(?: (.*))?$/.exec(line) ?? [];
    if (name !== undefined) {
      settings.set(name, value ?? '');
      last = name;
    } else if (last !== null && /^\s+\S/.test(line)) {
      settings.set(last, `${settings.get(last) ?? ''} ${line.trim()}`.trim());
    }
  }
  return settings;
}

/** Words of a list value: separated by commas and white space. */
export function listValue(value: string | undefined): string[] {
  return (value ?? '').split(/[\s,]+/).filter((word) => word !== '');
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds of a time value; one without a unit is in that of its parameter. Null: it is not plain, as `$other`. */
function secondsOf(value: string | undefined, unit: 's' | 'd'): number | null {
  const [, digits, suffix] = /^\s*(\d{1,9})\s*([smhdw]?)\s*$/i.exec(value ?? '') ?? [];
  return digits === undefined ? null : Number(digits) * (UNITS[suffix?.toLowerCase() || unit] ?? 1);
}

/** When deferred mail is tried again, as qmgr(8) is told; null where one of the settings is not told in plain. */
export function retryTimes(main: ReadonlyMap<string, string>): RetryTimes | null {
  const minimalBackoff = secondsOf(main.get('minimal_backoff_time'), 's');
  const maximalBackoff = secondsOf(main.get('maximal_backoff_time'), 's');
  const queueRun = secondsOf(main.get('queue_run_delay'), 's');
  const lifetime = secondsOf(main.get('maximal_queue_lifetime'), 'd');
  if (minimalBackoff === null || maximalBackoff === null || queueRun === null || lifetime === null) return null;
  return { minimalBackoff, maximalBackoff, queueRun, lifetime };
}
