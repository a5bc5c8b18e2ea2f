/**
 * SQL for the server's own client program. Every value is a hexadecimal literal, so no value can be read as SQL; names
 * of tables and columns come from the server's configuration and must be plain identifiers.
 */
import type { SqlDialect, SqlPlace } from './conf.ts';

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

/** How one kind of database spells what we need; values never reach it as text of a statement. */
interface Dialect {
  quote: string;
  literal(value: string): string;
  /** The column as text, compared byte for byte, NULL equal to NULL. */
  same(column: string, literal: string): string;
}

const DIALECTS: Record<SqlDialect, Dialect> = {
  mysql: {
    quote: '`',
    // `_utf8mb4` makes a literal that adapts to the column's character set and still uses its index
    literal: (value) => `_utf8mb4 X'${Buffer.from(value, 'utf8').toString('hex')}'`,
    same: (column, literal) => `CAST(${column} AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin <=> ${literal}`,
  },
  pgsql: {
    quote: '"',
    // a literal of no type yet, as a quoted string is: it becomes whatever the column is
    literal: (value) =>
      `U&'${Array.from(value, (c) => `\\+${(c.codePointAt(0) ?? 0).toString(16).padStart(6, '0')}`).join('')}'`,
    same: (column, literal) => `CAST(${column} AS text) IS NOT DISTINCT FROM ${literal}`,
  },
};

/** The name as it is; RangeError for one that would need more than quotes. */
export function plainName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_$]{0,62}$/.test(name)) throw new RangeError(`not a plain SQL name: ${name.slice(0, 80)}`);
  return name;
}

export function identifier(name: string, dialect: SqlDialect = 'mysql'): string {
  const { quote } = DIALECTS[dialect];
  return `${quote}${plainName(name)}${quote}`;
}

export function literal(value: string | null, dialect: SqlDialect = 'mysql'): string {
  if (value?.includes('\0')) throw new RangeError('a value cannot hold NUL');
  return value === null ? 'NULL' : DIALECTS[dialect].literal(value);
}

/**
 * One transaction. A row that is no longer what its write expects makes it fail, and the client, which stops at the
 * first error, leaves nothing behind: in MySQL by a sub-query of two rows at the end, in PostgreSQL by an exception.
 */
export function transaction(writes: readonly RowWrite[]): string {
  const dialect = writes[0]?.place.dialect ?? 'mysql';
  const statements = statementsOf(writes, dialect);
  const out: string[] = [];
  if (dialect === 'mysql') {
    out.push('SET NAMES utf8mb4;', 'SET @n = 0;', 'START TRANSACTION;');
    for (const { sql } of statements) out.push(`${sql};`, 'SET @n = @n + ROW_COUNT();');
    out.push(`SELECT IF(@n = ${writes.length}, 'all', (SELECT 1 UNION ALL SELECT 2));`, 'COMMIT;');
  } else {
    out.push("SET client_encoding = 'UTF8';", 'SET standard_conforming_strings = on;', 'BEGIN;');
    for (const { sql, rows } of statements) {
      out.push(
        `DO $postdeck$ DECLARE n bigint; BEGIN ${sql}; GET DIAGNOSTICS n = ROW_COUNT; IF n <> ${rows} THEN RAISE EXCEPTION 'postdeck: changed'; END IF; END $postdeck$;`,
      );
    }
    out.push('COMMIT;');
  }
  return `${out.join('\n')}\n`;
}

/** What the client says when a guard ended the transaction, or somebody else took a key meanwhile. */
export const CHANGED = /ERROR (1242|1062) |postdeck: changed|duplicate key value/;

function statementsOf(writes: readonly RowWrite[], dialect: SqlDialect): { sql: string; rows: number }[] {
  const out: { sql: string; rows: number }[] = [];
  const name = (column: string): string => identifier(column, dialect);
  const inserts = new Map<string, RowWrite[]>();
  // a row that goes, or gets another key, makes room for one that comes
  const rank = (write: RowWrite): number => (write.after === null ? 0 : write.before === null ? 2 : 1);
  for (const write of [...writes].sort((a, b) => rank(a) - rank(b))) {
    const where = [
      `${name(write.key.column)} = ${literal(write.key.value, dialect)}`,
      ...Object.entries(write.before ?? {}).map(([column, value]) =>
        DIALECTS[dialect].same(name(column), literal(value, dialect)),
      ),
    ].join(' AND ');
    if (write.before === null) {
      const shape = `${write.table} ${Object.keys(write.after ?? {}).join(' ')}`;
      const rows = inserts.get(shape);
      if (rows) rows.push(write);
      else inserts.set(shape, [write]);
    } else if (write.after === null) {
      out.push({ sql: `DELETE FROM ${name(write.table)} WHERE ${where}`, rows: 1 });
    } else {
      const sets = [
        ...Object.entries(write.after).map(([column, value]) => `${name(column)} = ${literal(value, dialect)}`),
        ...write.stamps.onChange.map((column) => `${name(column)} = NOW()`),
      ];
      out.push({ sql: `UPDATE ${name(write.table)} SET ${sets.join(', ')} WHERE ${where}`, rows: 1 });
    }
  }
  for (const rows of inserts.values()) out.push(...insertRows(rows, dialect));
  return out;
}

/** 200 rows a statement: below every max_allowed_packet in use, and few round trips. */
const ROWS_A_STATEMENT = 200;

function insertRows(rows: readonly RowWrite[], dialect: SqlDialect): { sql: string; rows: number }[] {
  const [first] = rows;
  if (!first?.after) return [];
  const columns = Object.keys(first.after);
  const stamps = first.stamps.onAdd.filter((column) => !columns.includes(column));
  const names = [...columns, ...stamps].map((column) => identifier(column, dialect));
  const head = `INSERT INTO ${identifier(first.table, dialect)} (${names.join(', ')}) VALUES`;
  const values = rows.map((row) => {
    const own = columns.map((column) => literal(row.after?.[column] ?? null, dialect));
    return `(${[...own, ...stamps.map(() => 'NOW()')].join(', ')})`;
  });
  const out: { sql: string; rows: number }[] = [];
  for (let i = 0; i < values.length; i += ROWS_A_STATEMENT) {
    const part = values.slice(i, i + ROWS_A_STATEMENT);
    out.push({ sql: `${head}\n${part.join(',\n')}`, rows: part.length });
  }
  return out;
}

/** The rows of several tables, each below a line `@table NAME`; one that the database refused, and all after it, are absent. */
export function splitTables(output: string): Map<string, string> {
  const found = new Map<string, string>();
  const marks = [...output.matchAll(/^@table (\S+)\n/gm)];
  for (const [i, mark] of marks.entries()) {
    found.set(mark[1] ?? '', output.slice(mark.index + mark[0].length, marks[i + 1]?.index ?? output.length));
  }
  return found;
}

/** Table, column, nullable, default, type, length, key of every column. */
export const SCHEMA_QUERY: Record<SqlDialect, string> = {
  mysql:
    "SELECT CONCAT('=', TABLE_NAME), CONCAT('=', COLUMN_NAME), CONCAT('=', IS_NULLABLE), IFNULL(CONCAT('=', COLUMN_DEFAULT), '-'), CONCAT('=', DATA_TYPE), IFNULL(CONCAT('=', CHARACTER_MAXIMUM_LENGTH), '-'), CONCAT('=', COLUMN_KEY) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION;",
  pgsql:
    "COPY (SELECT '=' || table_name, '=' || column_name, '=' || is_nullable, '=' || column_default, '=' || data_type, '=' || character_maximum_length, '=' FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position) TO STDOUT;",
};

/** mysql --batch and COPY escape tab, newline, backslash and NUL in fields alike. */
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
  const plain: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', '0': '\0', '\\': '\\' };
  return field.replace(/\\(.)/g, (_, c: string) => plain[c] ?? c);
}

/**
 * sh: `db DIALECT CONF HOST PORT USER DATABASE` runs the SQL on standard input. First as the database's own root over
 * the local socket, which is how Debian and Ubuntu set it up; else with the mail server's credentials, which go from
 * their file into another file only root can read, never into an argument.
 */
export const SQL_SH = `secret() { # CONF: the password in it
  sed -nE -e "/^ *connect *=/s/.*password=('([^']*)'|([^ ]*)).*/\\2\\3/p" -e 's/^ *password *= *(.*[^ ]) *$/\\1/p' \\
    -e 's/^[[:space:]]*user_scores_sql_password[[:space:]]+(.*[^[:space:]])[[:space:]]*$/\\1/p' "$1" | head -n 1
}
db() {
  kind=$1; shift
  case $kind in mysql) my "$@" ;; pgsql) pg "$@" ;; esac
}
my() {
  case $2 in ''|localhost|127.0.0.1|::1|/*)
    if mysql --user=root -e 'SELECT 1' "$5" >/dev/null 2>&1 < /dev/null; then
      mysql --user=root --batch --skip-column-names --default-character-set=utf8mb4 "$5"; return
    fi ;;
  esac
  ( umask 077; f=$(mktemp) || exit 73; trap 'rm -f "$f"' EXIT
    { printf '[client]\\nuser="%s"\\n' "$4"
      case $2 in /*) printf 'socket="%s"\\n' "$2" ;; ?*) printf 'host="%s"\\n' "$2" ;; esac
      [ -z "$3" ] || printf 'port=%s\\n' "$3"
      printf 'password="%s"\\n' "$(secret "$1" | sed 's/[\\\\"]/\\\\&/g')"
    } > "$f"
    mysql --defaults-extra-file="$f" --batch --skip-column-names --default-character-set=utf8mb4 "$5" )
}
pg() {
  case $2 in ''|localhost|127.0.0.1|::1|/*)
    if runuser -u postgres -- psql -XAtqc 'SELECT 1' -d "$5" >/dev/null 2>&1 < /dev/null; then
      runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -d "$5"; return
    fi ;;
  esac
  ( umask 077; f=$(mktemp) || exit 73; trap 'rm -f "$f"' EXIT
    printf '*:*:*:*:%s\\n' "$(secret "$1" | sed 's/[\\\\:]/\\\\&/g')" > "$f"
    PGPASSFILE=$f psql -XAtq -v ON_ERROR_STOP=1 -d "$5" -U "$4" \${2:+-h "$2"} \${3:+-p "$3"} )
}
`;
