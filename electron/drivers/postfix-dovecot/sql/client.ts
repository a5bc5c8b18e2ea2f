/**
 * SQL for the server's own client program. Every value is a hexadecimal literal, so no value can be read as SQL; names
 * of tables and columns come from the server's configuration and must be plain identifiers.
 */
import { shWord } from '../accounts/frames.ts';
import type { SqlPlace } from './conf.ts';

export type Row = Record<string, string | null>;

/** A row added (`before` null), removed (`after` null) or changed; a change names only the columns it touches. */
export interface RowWrite {
  place: SqlPlace;
  /** The file on the server that holds the credentials. */
  conf: string;
  table: string;
  key: { column: string; value: string };
  before: Row | null;
  after: Row | null;
  /** Columns that take the time of the write. */
  stamps: { onAdd: string[]; onChange: string[] };
}

export function identifier(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_$]{0,63}$/.test(name)) throw new RangeError(`not a plain SQL name: ${name.slice(0, 80)}`);
  return `\`${name}\``;
}

/** `_utf8mb4` makes a literal that adapts to the column's character set and still uses its index. */
export function literal(value: string | null): string {
  return value === null ? 'NULL' : `_utf8mb4 X'${Buffer.from(value, 'utf8').toString('hex')}'`;
}

/** Null-safe and byte for byte, whatever the column's collation folds. */
const same = (column: string, value: string | null): string =>
  `CAST(${identifier(column)} AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin <=> ${literal(value)}`;

/**
 * One transaction. A row that is no longer what its write expects makes the guard at the end fail ("Subquery returns
 * more than 1 row"): the client stops at the first error and the server rolls everything back.
 */
export function transaction(writes: readonly RowWrite[]): string {
  const out = ['SET NAMES utf8mb4;', 'SET @n = 0;', 'START TRANSACTION;'];
  const inserts = new Map<string, RowWrite[]>();
  // a row that goes, or gets another key, makes room for one that comes
  const rank = (write: RowWrite): number => (write.after === null ? 0 : write.before === null ? 2 : 1);
  for (const write of [...writes].sort((a, b) => rank(a) - rank(b))) {
    const where = [
      `${identifier(write.key.column)} = ${literal(write.key.value)}`,
      ...Object.entries(write.before ?? {}).map(([column, value]) => same(column, value)),
    ].join(' AND ');
    if (write.before === null) {
      const shape = `${write.table} ${Object.keys(write.after ?? {}).join(' ')}`;
      inserts.set(shape, [...(inserts.get(shape) ?? []), write]);
    } else if (write.after === null) {
      out.push(`DELETE FROM ${identifier(write.table)} WHERE ${where};`, 'SET @n = @n + ROW_COUNT();');
    } else {
      const sets = [
        ...Object.entries(write.after).map(([column, value]) => `${identifier(column)} = ${literal(value)}`),
        ...write.stamps.onChange.map((column) => `${identifier(column)} = NOW()`),
      ];
      out.push(
        `UPDATE ${identifier(write.table)} SET ${sets.join(', ')} WHERE ${where};`,
        'SET @n = @n + ROW_COUNT();',
      );
    }
  }
  for (const rows of inserts.values()) out.push(...insertRows(rows));
  out.push(`SELECT IF(@n = ${writes.length}, 'all', (SELECT 1 UNION ALL SELECT 2));`, 'COMMIT;');
  return `${out.join('\n')}\n`;
}

/** 200 rows a statement: below every max_allowed_packet in use, and few round trips. */
const ROWS_A_STATEMENT = 200;

function insertRows(rows: readonly RowWrite[]): string[] {
  const [first] = rows;
  if (!first?.after) return [];
  const columns = Object.keys(first.after);
  const stamps = first.stamps.onAdd.filter((column) => !columns.includes(column));
  const head = `INSERT INTO ${identifier(first.table)} (${[...columns, ...stamps].map(identifier).join(', ')}) VALUES`;
  const values = rows.map((row) => {
    const own = columns.map((column) => literal(row.after?.[column] ?? null));
    return `(${[...own, ...stamps.map(() => 'NOW()')].join(', ')})`;
  });
  const out: string[] = [];
  for (let i = 0; i < values.length; i += ROWS_A_STATEMENT) {
    out.push(`${head}\n${values.slice(i, i + ROWS_A_STATEMENT).join(',\n')};`, 'SET @n = @n + ROW_COUNT();');
  }
  return out;
}

/** A SELECT whose fields start with `=`, or are `-` for NULL: the two cannot be mistaken for each other. */
export function selectAll(table: string, columns: readonly string[]): string {
  const fields = columns.map((column) => `IFNULL(CONCAT('=', ${identifier(column)}), '-')`);
  return `SELECT ${fields.join(', ')} FROM ${identifier(table)};`;
}

export const SCHEMA_QUERY =
  "SELECT CONCAT('=', TABLE_NAME), CONCAT('=', COLUMN_NAME), CONCAT('=', IS_NULLABLE), IFNULL(CONCAT('=', COLUMN_DEFAULT), '-'), CONCAT('=', DATA_TYPE), IFNULL(CONCAT('=', CHARACTER_MAXIMUM_LENGTH), '-'), CONCAT('=', COLUMN_KEY) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION;";

/** mysql --batch escapes tab, newline, backslash and NUL in fields. */
export function parseRows(output: string, columns: readonly string[]): Row[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const fields = line.split('\t').map((field) => (field.startsWith('=') ? unescapeField(field.slice(1)) : null));
      return Object.fromEntries(columns.map((column, i) => [column, fields[i] ?? null]));
    });
}

function unescapeField(field: string): string {
  const plain: Record<string, string> = { n: '\n', t: '\t', '0': '\0', '\\': '\\' };
  return field.replace(/\\(.)/g, (_, c: string) => plain[c] ?? c);
}

/**
 * sh: `my CONF HOST PORT USER DB` runs the SQL on standard input. First as the database's own root over the local
 * socket, which is how Debian and Ubuntu set it up; else with the mail server's credentials, which go from their file
 * into another file only root can read, never into an argument.
 */
export const MYSQL_SH = `my() {
  case $2 in ''|localhost|127.0.0.1|::1|/*)
    if mysql --user=root -e 'SELECT 1' "$5" >/dev/null 2>&1; then
      mysql --user=root --batch --skip-column-names --default-character-set=utf8mb4 "$5"; return
    fi ;;
  esac
  ( umask 077; f=$(mktemp) || exit 73; trap 'rm -f "$f"' EXIT
    { printf '[client]\\nuser="%s"\\n' "$4"
      case $2 in /*) printf 'socket="%s"\\n' "$2" ;; ?*) printf 'host="%s"\\n' "$2" ;; esac
      [ -z "$3" ] || printf 'port=%s\\n' "$3"
      sed -nE -e "/^ *connect *=/s/.*password=('([^']*)'|([^ ]*)).*/password=\\"\\2\\3\\"/p" -e 's/^ *password *= *(.*[^ ]) *$/password="\\1"/p' "$1" | head -n 1
    } > "$f"
    mysql --defaults-extra-file="$f" --batch --skip-column-names --default-character-set=utf8mb4 "$5" )
}
`;

/** The `my` command for a place, quoted for sh. */
export function clientCommand(place: SqlPlace, conf: string): string {
  return ['my', ...[conf, place.host, place.port, place.user, place.database].map(shWord)].join(' ');
}
