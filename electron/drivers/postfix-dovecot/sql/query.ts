/**
 * Reads the query templates of Dovecot and Postfix far enough to know which table and columns hold what, and no
 * further: a query that is not a plain look-up in one table is for reading only.
 */

type Token = { kind: 'word' | 'string' | 'number' | 'mark'; text: string };

function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  const pattern =
    /\s+|'((?:[^'\\]|\\.|'')*)'|`([^`]+)`|"([^"]+)"|([A-Za-z_][\w$]*)|(\d+(?:\.\d+)?)|(<=|>=|<>|!=|\|\||.)/gsy;
  for (const m of query.matchAll(pattern)) {
    if (m[1] !== undefined) tokens.push({ kind: 'string', text: m[1].replace(/''/g, "'") });
    else if (m[2] !== undefined || m[3] !== undefined || m[4] !== undefined) {
      tokens.push({ kind: 'word', text: m[2] ?? m[3] ?? m[4] ?? '' });
    } else if (m[5] !== undefined) tokens.push({ kind: 'number', text: m[5] });
    else if (m[6] !== undefined) tokens.push({ kind: 'mark', text: m[6] });
  }
  return tokens;
}

/** A selected value: `column` when it is one, or one inside a function such as CONCAT('*:bytes=', quota). */
export interface SelectItem {
  /** The name the server sees: the alias, or the column. */
  name: string;
  column: string | null;
  /** True: the column itself and nothing around it. */
  plain: boolean;
  /** Text put before the column inside CONCAT, e.g. `*:bytes=`; null: not of that form. */
  prefix: string | null;
}

export interface Lookup {
  table: string;
  items: SelectItem[];
  /** The column compared with the whole address (%u of Dovecot, %s of Postfix); null: none. */
  keyColumn: string | null;
  /** Columns compared with a constant, such as active = '1'. */
  constants: { column: string; value: string }[];
  /** A column that must lie in the future, such as `password_expiry > NOW()`; null: none. */
  until: Until | null;
}

export interface Until {
  column: string;
  /** The moment itself still counts: `>=`. */
  included: boolean;
  /** Compared with the day, not with the moment. */
  byDay: boolean;
}

export type ParsedQuery = { ok: true; lookup: Lookup } | { ok: false; why: 'joins' | 'shape' | 'condition' };

const CLAUSE_END = /^(group|order|limit|having|union)$/i;
const isWord = (token: Token | undefined, word: string): boolean =>
  token?.kind === 'word' && token.text.toLowerCase() === word;

/** `SELECT … FROM one_table WHERE key = '%u' AND active = '1'`, in any layout. */
export function parseQuery(query: string): ParsedQuery {
  const tokens = tokenize(query.trim().replace(/;$/, ''));
  if (!isWord(tokens[0], 'select')) return { ok: false, why: 'shape' };
  const from = indexAtDepth0(tokens, 'from');
  if (from < 0) return { ok: false, why: 'shape' };
  const items = splitAt(tokens.slice(1, from), ',').map(selectItem);
  const where = indexAtDepth0(tokens, 'where');
  const table = tokens.slice(from + 1, where < 0 ? tokens.length : where);
  if (table.some((t) => isWord(t, 'join') || t.text === ',' || t.text === '(')) return { ok: false, why: 'joins' };
  const [name, ...rest] = table.filter((t) => !isWord(t, 'as'));
  // a database name before the table would point away from the place we connect to
  if (name?.kind !== 'word' || rest.length > 1 || rest.some((t) => t.kind !== 'word'))
    return { ok: false, why: 'shape' };
  const lookup: Lookup = { table: name.text, items, keyColumn: null, constants: [], until: null };
  if (where < 0) return { ok: true, lookup };
  const end = tokens.findIndex((t, i) => i > where && t.kind === 'word' && CLAUSE_END.test(t.text));
  const clauses = splitConditions(tokens.slice(where + 1, end < 0 ? tokens.length : end));
  for (const clause of clauses) {
    const until = readUntil(clause);
    if (until !== null && lookup.until === null) {
      lookup.until = until;
      continue;
    }
    const condition = readCondition(clause);
    if (condition === null) return { ok: false, why: 'condition' };
    if (/^%L?[us]$/.test(condition.value)) lookup.keyColumn = condition.column;
    else if (condition.value.includes('%')) return { ok: false, why: 'condition' };
    else lookup.constants.push(condition);
  }
  return { ok: true, lookup };
}

function indexAtDepth0(tokens: readonly Token[], word: string): number {
  let depth = 0;
  return tokens.findIndex((token) => {
    if (token.text === '(' && token.kind === 'mark') depth++;
    if (token.text === ')' && token.kind === 'mark') depth--;
    return depth === 0 && isWord(token, word);
  });
}

function splitAt(tokens: readonly Token[], mark: string): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === 'mark' && token.text === '(') depth++;
    if (token.kind === 'mark' && token.text === ')') depth--;
    if (depth === 0 && token.kind === 'mark' && token.text === mark) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function splitConditions(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (isWord(token, 'and')) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

/** `column` or `table.column`; null for anything else. */
function columnOf(tokens: readonly Token[]): string | null {
  const words = tokens.filter((token) => token.text !== '.');
  const dotted = tokens.length === 3 && tokens[1]?.text === '.' && words.every((token) => token.kind === 'word');
  if (dotted) return words[1]?.text ?? null;
  return tokens.length === 1 && tokens[0]?.kind === 'word' ? tokens[0].text : null;
}

function selectItem(tokens: readonly Token[]): SelectItem {
  const as = tokens.findLastIndex((token) => isWord(token, 'as'));
  const body = as > 0 ? tokens.slice(0, as) : tokens;
  const column = columnOf(body);
  const name = as > 0 ? (tokens[as + 1]?.text ?? '') : (column ?? '');
  if (column !== null) return { name, column, plain: true, prefix: null };
  // CONCAT('*:bytes=', quota) and '*:bytes=' || quota: a constant, then one column
  const inner = isWord(body[0], 'concat') ? splitAt(body.slice(2, -1), ',') : splitAt(body, '||');
  const [first, second] = inner;
  if (inner.length === 2 && first?.length === 1 && first[0]?.kind === 'string' && second) {
    return { name, column: columnOf(second), plain: false, prefix: first[0].text };
  }
  return { name, column: null, plain: false, prefix: null };
}

/** `column > NOW()` or `CURRENT_DATE <= column`. */
function readUntil(tokens: readonly Token[]): Until | null {
  const at = tokens.findIndex((token) => token.kind === 'mark' && /^[<>]=?$/.test(token.text));
  const mark = tokens[at]?.text ?? '';
  const turned = mark.startsWith('<');
  const [left, right] = [tokens.slice(0, at), tokens.slice(at + 1)];
  const column = at < 0 ? null : columnOf(turned ? right : left);
  const [word, ...rest] = turned ? left : right;
  const call = rest.length === 0 || (rest.length === 2 && rest[0]?.text === '(' && rest[1]?.text === ')');
  const moment = word?.kind === 'word' ? word.text.toLowerCase() : '';
  const byDay = /^(current_date|curdate)$/.test(moment);
  if (column === null || !call || !(byDay || /^(now|current_timestamp|localtimestamp)$/.test(moment))) return null;
  return { column, included: mark.endsWith('='), byDay };
}

function readCondition(tokens: readonly Token[]): { column: string; value: string } | null {
  const eq = tokens.findIndex((token) => token.kind === 'mark' && token.text === '=');
  if (eq < 0) {
    // `AND active`: a flag by itself
    const flag = columnOf(tokens);
    return flag === null ? null : { column: flag, value: '1' };
  }
  const column = columnOf(tokens.slice(0, eq));
  const value = tokens.slice(eq + 1);
  if (column === null || value.length !== 1 || value[0] === undefined || value[0].kind === 'mark') return null;
  if (value[0].kind === 'word') {
    const truth = { true: '1', false: '0' }[value[0].text.toLowerCase()];
    return truth === undefined ? null : { column, value: truth };
  }
  return { column, value: value[0].text };
}
