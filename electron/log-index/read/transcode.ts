/**
 * Logs that are not lines of syslog: journald as JSON or export, Docker's JSON, mailcow's API, lines with something
 * before their head, UTF-16. They are rewritten, one entry to one syslog line with its full time, and kept as the set's
 * own frames.
 */

import { LIMITS } from '../limits.ts';
import { exportEntries } from './export.ts';
import { headerRule } from './headers.ts';

export type Structure = 'lines' | 'json-lines' | 'json-array' | 'export' | 'headed' | 'utf-16';

/** What the first bytes of a text look like. */
export function structureOf(head: Buffer): Structure {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return 'utf-16';
  const marked = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
  const text = head.toString('latin1', marked ? 3 : 0).trimStart();
  if (/^(?:data: )?\{\s*"/.test(text)) return 'json-lines';
  if (text.startsWith('[') && /^\[\s*(?:\{|\])/.test(text)) return 'json-array';
  if (/^(?:[A-Z_][A-Z0-9_]{0,63}=.*\n){0,8}__(?:CURSOR|REALTIME_TIMESTAMP)=/.test(text)) return 'export';
  // its first line begins with a byte order mark, which decoding takes off
  return !marked && headerRule(text) === undefined ? 'lines' : 'headed';
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
  if (o.unix_time !== undefined && o.action !== undefined) return historyEntry(o);
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

/** One task of rspamd's history, as rspamd logs it itself. */
function historyEntry(o: Record<string, unknown>): Entry {
  const of = (name: string): string => textOf(o[name]);
  const list = (value: unknown): string => (Array.isArray(value) ? value.map(textOf).join(',') : textOf(value));
  const symbols = typeof o.symbols === 'object' && o.symbols !== null ? Object.entries(o.symbols) : [];
  const told = symbols.map(([name, symbol]) => `${name}(${textOf((symbol as { score?: unknown } | null)?.score)}){}`);
  return {
    time: Number(of('unix_time')) * 1000,
    host: '',
    program: 'rspamd',
    pid: '',
    message:
      `<${of('id')}>; task; rspamd_task_write_log: id: <${of('message-id')}>, ip: ${of('ip')}, from: <${of('sender_smtp')}>, ` +
      `(default: F (${of('action')}): [${of('score')}/${of('required_score')}] [${told.join(',')}]), ` +
      `len: ${of('size')}, rcpts: <${list(o.rcpt_smtp)}>`,
  };
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
  if (structure === 'export') {
    for await (const fields of exportEntries(stream, bad)) {
      const entry = entryOf(fields);
      if (entry !== undefined) yield Buffer.from(`${syslog(entry)}\n`);
    }
    return;
  }
  let rest = '';
  let one: ((line: string) => string) | undefined = structure === 'json-lines' ? jsonLine(bad) : undefined;
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  for await (const chunk of stream) {
    decoder ??= new TextDecoder(structure !== 'utf-16' ? 'utf-8' : chunk[0] === 0xff ? 'utf-16le' : 'utf-16be');
    const text = rest + decoder.decode(chunk, { stream: true });
    if (one === undefined) {
      const rule = headerRule(text.slice(0, 4096));
      one = (line) => `${rule?.(line) ?? line}\n`;
    }
    const lines = text.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LIMITS.lineBytes) {
      // no entry is that long: what comes up to the next newline is kept as lines of its own
      lines.push(rest);
      rest = '';
    }
    yield Buffer.from(lines.map(one).join(''));
  }
  if (rest !== '' && one !== undefined) yield Buffer.from(one(rest));
}

/**
 * Rewrites JSON, one entry to a line, or to several of which the first is `{` and the last `}`, as `journalctl -o
 * json-pretty` writes it.
 */
function jsonLine(bad: () => void): (line: string) => string {
  let open: string[] = [];
  let size = 0;
  return (given) => {
    const line = given.replace(/^data: /, '');
    const end = line.trimEnd();
    if (end === '') return '';
    if (end === '{' || open.length > 0) {
      open.push(line);
      size += line.length;
      if (end !== '}' && size < LIMITS.lineBytes) return '';
    }
    const whole = open.length > 0 ? open.join('\n') : line;
    open = [];
    size = 0;
    try {
      const entry = entryOf(JSON.parse(whole));
      if (entry !== undefined) return `${syslog(entry)}\n`;
    } catch {
      // a cut or foreign line
    }
    bad();
    return `${oneLine(whole)}\n`;
  };
}

/** mailcow answers newest first; the order of time is what the index needs. */
function arrayLines(bytes: Buffer, bad: () => void): Buffer {
  let list: unknown;
  try {
    list = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    bad();
    return Buffer.alloc(0);
  }
  const entries = (Array.isArray(list) ? list : []).map(entryOf).filter((e) => e !== undefined);
  entries.reverse();
  entries.sort((a, b) => a.time - b.time);
  return Buffer.from(entries.map((e) => `${syslog(e)}\n`).join(''));
}
