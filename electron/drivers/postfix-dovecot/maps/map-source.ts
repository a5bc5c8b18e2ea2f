/**
 * Source files of Postfix lookup tables (postmap(1)): `key value`, comments, lines that go on with white space. And
 * alias files (aliases(5)): `name: value, value`. An edit touches the lines of its own entry; all else stays byte for
 * byte. Text is latin1: a byte a character. main.cf and master.cf have the same logical lines (postconf(5), master(5)).
 */

export type MapFormat = 'map' | 'aliases' | 'list' | 'members' | 'main' | 'master';

export interface MapEntry {
  /** As looked up: folded to lower case, quotes of an alias name removed. */
  key: string;
  value: string;
  /** The entry's lines, ends included, comments between them left out. */
  raw: string;
  /** Commented out by us: kept in the file, not in the map. */
  disabled: boolean;
}

interface Span extends MapEntry {
  first: number;
  last: number;
}

/** Marks an entry that was switched off and can be switched on again as it was. */
export const DISABLED_MARK = '#postdeck-disabled: ';

/**
 * `list` files (Dovecot deny files) have one key a line, with whatever follows the first colon; `members` files
 * (`:include:` of aliases(5)) a receiver a line.
 */
export function parseMapSource(content: string, format: MapFormat): MapEntry[] {
  return spans(splitLines(content), format).map(({ key, value, raw, disabled }) => ({ key, value, raw, disabled }));
}

const splitLines = (content: string): string[] => content.match(/[^\n]*\n|[^\n]+$/g) ?? [];

function spans(lines: readonly string[], format: MapFormat): Span[] {
  const found: Span[] = [];
  let open: { lines: string[]; first: number; last: number; disabled: boolean } | null = null;
  const close = (): void => {
    if (!open) return;
    const parsed = parseEntry(open.lines, format, open.disabled);
    if (parsed) found.push({ ...parsed, first: open.first, last: open.last });
    open = null;
  };
  for (const [i, line] of lines.entries()) {
    const disabled = line.startsWith(DISABLED_MARK);
    const text = disabled ? line.slice(DISABLED_MARK.length) : line;
    if (!disabled && /^\s*(#|$)/.test(line)) continue; // a comment or empty line does not end an entry (postmap(1))
    if (/^[ \t]/.test(text) && format !== 'list' && format !== 'members') {
      const at = open as { lines: string[]; last: number; disabled: boolean } | null;
      if (at && at.disabled === disabled) {
        at.lines.push(text);
        at.last = i;
      }
      continue;
    }
    close();
    open = { lines: [text], first: i, last: i, disabled };
  }
  close();
  return found;
}

function parseEntry(lines: readonly string[], format: MapFormat, disabled: boolean): MapEntry | null {
  const raw = lines.join('');
  const text = lines
    .map((line) => line.replace(/\r?\n$/, ''))
    .join('')
    .trim();
  if (format === 'list') {
    const key = text.split(':')[0] ?? '';
    return key === '' ? null : { key: key.toLowerCase(), value: text.slice(key.length), raw, disabled };
  }
  if (format === 'members') return text === '' ? null : { key: text.toLowerCase(), value: text, raw, disabled };
  if (format === 'aliases') {
    const match = /^("(?:[^"\\]|\\.)*"|[^:]*?)\s*:\s*(.*)$/s.exec(text);
    if (!match) return null;
    return { key: unquote(match[1] ?? '').toLowerCase(), value: match[2] ?? '', raw, disabled };
  }
  if (format === 'main') {
    const match = /^([A-Za-z0-9_]+)\s*=\s*(.*)$/s.exec(text);
    return match ? { key: (match[1] ?? '').toLowerCase(), value: match[2] ?? '', raw, disabled } : null;
  }
  if (format === 'master') {
    const match = /^(\S+)\s+(\S+)\s+(.*)$/s.exec(text);
    return match ? { key: `${match[1]}/${match[2]}`.toLowerCase(), value: match[3] ?? '', raw, disabled } : null;
  }
  const match = /^(\S+)(?:\s+(.*))?$/s.exec(text);
  if (!match) return null;
  return { key: (match[1] ?? '').toLowerCase(), value: match[2] ?? '', raw, disabled };
}

function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}

/** One entry, replaced (`before` and `after`), added (`before` null) or removed (`after` null); raw lines. */
export interface EntryEdit {
  key: string;
  before: string | null;
  after: string | null;
  /** Others may have come to use what it adds, or have added what it takes away: an undo leaves it where they need it. */
  shared?: true;
}

/** The entry is not what the edit was planned on: somebody changed the file since. */
export class EntryChanged extends Error {
  readonly key: string;
  constructor(key: string) {
    super(`entry ${key} has changed`);
    this.key = key;
  }
}

/**
 * Applies edits to the file as it is now. An entry that is no longer what its edit expects throws EntryChanged; other
 * entries, comments and their order stay. A key that stands twice counts by its first entry, as Dovecot does and as
 * postmap warns about.
 */
export function editEntries(content: string, edits: readonly EntryEdit[], format: MapFormat | 'passwd'): string {
  const lines = splitLines(content);
  const places = new Map<string, { first: number; last: number; raw: string }>();
  for (const span of format === 'passwd' ? passwdSpans(lines) : spans(lines, format)) {
    const raw = format !== 'passwd' && (span as Span).disabled ? disable(span.raw) : span.raw;
    // in main.cf and master.cf the last one counts, elsewhere the first
    const last = format === 'main' || format === 'master';
    if (last || !places.has(span.key)) places.set(span.key, { first: span.first, last: span.last, raw });
  }
  const replaced = new Map<number, string>();
  const dropped = new Set<number>();
  const added: string[] = [];
  for (const { key, before, after } of edits) {
    const place = places.get(key.toLowerCase());
    if (before === null ? place !== undefined : place?.raw !== before) throw new EntryChanged(key);
    if (!place) {
      if (after !== null) added.push(after);
      continue;
    }
    replaced.set(place.first, after ?? '');
    for (let i = place.first + 1; i <= place.last; i++) {
      if (!/^\s*(#(?!postdeck-disabled: )|$)/.test(lines[i] ?? '')) dropped.add(i); // comments between stay
    }
  }
  const out = lines.flatMap((line, i) => (replaced.has(i) ? [replaced.get(i) ?? ''] : dropped.has(i) ? [] : [line]));
  const body = out.join('');
  if (added.length === 0) return body;
  return body === '' || body.endsWith('\n') ? body + added.join('') : `${body}\n${added.join('')}`;
}

function passwdSpans(lines: readonly string[]): { key: string; raw: string; first: number; last: number }[] {
  return lines.flatMap((raw, i) => {
    if (/^(#|:|\r?\n|$)/.test(raw)) return [];
    return [{ key: (raw.split(':')[0] ?? '').replace(/\r?\n$/, '').toLowerCase(), raw, first: i, last: i }];
  });
}

/** The lines of an entry commented out so that enable() gives them back byte for byte. */
export function disable(raw: string): string {
  return splitLines(raw)
    .map((line) => DISABLED_MARK + line)
    .join('');
}

export function enable(raw: string): string {
  return splitLines(raw)
    .map((line) => (line.startsWith(DISABLED_MARK) ? line.slice(DISABLED_MARK.length) : line))
    .join('');
}

/** A line of a map or alias file. Keys and values come from checked addresses; anything else is refused here again. */
export function formatEntry(key: string, value: string, format: MapFormat): string {
  if (/[\s\0"]/.test(key) || key === '' || key.startsWith('#') || /[\r\n\0]/.test(value)) {
    throw new RangeError('a map entry cannot hold white space or quotes in its key, or a line end in its value');
  }
  if (format === 'list') return `${key}:\n`;
  if (format === 'members') return `${key}\n`;
  if (format === 'main') return `${key} = ${value}\n`;
  return format === 'aliases' ? `${key}: ${value}\n` : `${key} ${value}\n`;
}

/** Receivers of an alias value: separated by commas (white space too in virtual(5)), quotes respected. */
export function splitTargets(value: string, format: MapFormat): string[] {
  const found = value.match(format === 'aliases' ? /(?:"(?:[^"\\]|\\.)*"|[^,"])+/g : /(?:"(?:[^"\\]|\\.)*"|[^,\s"])+/g);
  return (found ?? []).map((target) => target.trim()).filter((target) => target !== '');
}
