/**
 * Logs that are not lines of text: journald as JSON or export, Docker's JSON, mailcow's API. They are rewritten, one
 * entry to one syslog line with its full time, and kept as the set's own frames.
 */

import { LIMITS } from '../limits.ts';

export type Structure = 'lines' | 'json-lines' | 'json-array' | 'export';

/** What the first bytes of a text look like. */
export function structureOf(head: Buffer): Structure {
  const text = head.toString('latin1').trimStart();
  if (text.startsWith('{') && /^\{\s*"/.test(text)) return 'json-lines';
  if (text.startsWith('[') && /^\[\s*(?:\{|\])/.test(text)) return 'json-array';
  if (/^__(?:CURSOR|REALTIME_TIMESTAMP)=/.test(text)) return 'export';
  return 'lines';
}

interface Entry {
  /** Unix milliseconds; NaN when unknown. */
  time: number;
  host: string;
  program: string;
  pid: string;
  message: string;
}

const HEADER_LINE = /^(?:\w{3} [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\d[T ])/;

function oneLine(text: string): string {
  return text.replace(/[\r\n]+$/, '').replace(/[\r\n]+/g, ' ');
}

function clean(name: string): string {
  return name.replace(/[\s[\]:]+/g, '_');
}

function syslog(e: Entry): string {
  const message = oneLine(e.message);
  // Docker containers that log with their own syslog header keep it
  if (e.program === '' && HEADER_LINE.test(message)) return message;
  const time = Number.isNaN(e.time) ? '' : `${new Date(e.time).toISOString()} `;
  if (e.program === '') return `${time}${clean(e.host) || '-'} ${message}`;
  return `${time}${clean(e.host) || '-'} ${clean(e.program)}${e.pid ? `[${e.pid}]` : ''}: ${message}`;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  // journald gives bytes that are not UTF-8 as an array of numbers
  if (Array.isArray(value) && value.every((x) => typeof x === 'number')) return Buffer.from(value).toString('utf8');
  return '';
}

/** One JSON entry of journald, Docker or mailcow. Undefined when it is none of them. */
export function entryOf(json: unknown): Entry | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const o = json as Record<string, unknown>;
  if (o.__REALTIME_TIMESTAMP !== undefined || o.MESSAGE !== undefined) {
    return {
      time: Number(textOf(o.__REALTIME_TIMESTAMP)) / 1000,
      host: textOf(o._HOSTNAME),
      program: textOf(o.SYSLOG_IDENTIFIER) || textOf(o._COMM) || 'journal',
      pid: textOf(o._PID) || textOf(o.SYSLOG_PID),
      message: textOf(o.MESSAGE),
    };
  }
  if (typeof o.log === 'string')
    return { time: Date.parse(textOf(o.time)), host: '', program: '', pid: '', message: o.log };
  if (o.message !== undefined && o.time !== undefined) {
    const time = Number(o.time);
    return {
      time: Number.isNaN(time) ? Date.parse(textOf(o.time)) : time * 1000,
      host: textOf(o.host),
      program: textOf(o.program) || 'mailcow',
      pid: textOf(o.pid),
      message: textOf(o.message),
    };
  }
  return undefined;
}

/** Rewrites a structured log; entries that cannot be read stay as they are and are counted. */
export async function* transcode(
  stream: AsyncIterable<Buffer>,
  structure: Exclude<Structure, 'lines'>,
  bad: () => void,
): AsyncGenerator<Buffer> {
  if (structure === 'json-array') {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > LIMITS.jsonBytes) {
        bad();
        return;
      }
      parts.push(Buffer.from(chunk));
    }
    yield arrayLines(Buffer.concat(parts), bad);
    return;
  }
  let rest = '';
  const fields = new Map<string, string>();
  const decoder = new TextDecoder();
  const one = (line: string): string => {
    if (structure === 'export') return exportLine(line, fields);
    if (line.trim() === '') return '';
    try {
      const entry = entryOf(JSON.parse(line));
      if (entry !== undefined) return `${syslog(entry)}\n`;
    } catch {
      // a cut or foreign line
    }
    bad();
    return `${oneLine(line)}\n`;
  };
  for await (const chunk of stream) {
    const text = rest + decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LIMITS.lineBytes) {
      // no entry is that long: what comes up to the next newline is kept as lines of its own
      lines.push(rest);
      rest = '';
    }
    yield Buffer.from(lines.map(one).join(''));
  }
  if (rest !== '') yield Buffer.from(one(rest));
  if (fields.size > 0) yield Buffer.from(exportLine('', fields));
}

/** mailcow answers newest first; the order of time is what the index needs. */
function arrayLines(bytes: Buffer, bad: () => void): Buffer {
  let list: unknown;
  try {
    list = JSON.parse(bytes.toString('utf8'));
  } catch {
    bad();
    return Buffer.alloc(0);
  }
  const entries = (Array.isArray(list) ? list : []).map(entryOf).filter((e) => e !== undefined);
  entries.reverse();
  entries.sort((a, b) => a.time - b.time);
  return Buffer.from(entries.map((e) => `${syslog(e)}\n`).join(''));
}

/** Journal export format: `KEY=value` lines, an empty line ends an entry. Binary fields are left out. */
function exportLine(line: string, fields: Map<string, string>): string {
  if (line !== '') {
    const eq = line.indexOf('=');
    if (eq > 0) fields.set(line.slice(0, eq), line.slice(eq + 1));
    return '';
  }
  if (fields.size === 0) return '';
  const entry = entryOf(Object.fromEntries(fields));
  fields.clear();
  return entry === undefined ? '' : `${syslog(entry)}\n`;
}
