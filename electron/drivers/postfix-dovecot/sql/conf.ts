/** Configuration files that name a database: dovecot-sql.conf.ext, and mysql_table(5)/pgsql_table(5) files. Pure. */

/** `key = value`; Dovecot goes on after a backslash at the line's end, Postfix with white space at the next one's start. */
export function parseSqlConf(content: string): Map<string, string> {
  const found = new Map<string, string>();
  const joined = content.replace(/\\\r?\n/g, ' ').replace(/\r?\n[ \t]+(?=[^\s#])/g, ' ');
  for (const line of joined.split('\n')) {
    const match = /^\s*([a-z_]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined && !line.trimStart().startsWith('#')) found.set(match[1], match[2] ?? '');
  }
  return found;
}

export type SqlDialect = 'mysql' | 'pgsql';

/** Where the database is and as whom the mail server reads it. The password stays on the server. */
export interface SqlPlace {
  dialect: SqlDialect;
  /** Host name, socket path, or empty for the local socket. */
  host: string;
  port: string;
  database: string;
  user: string;
}

/** One table, however many maps name it. */
export const tableId = (place: SqlPlace, table: string): string =>
  `${place.host}:${place.port}/${place.database}.${table}`;

/** Dovecot: `connect = host=localhost dbname=mail user=mail password=…`, quotes allowed around a value. */
export function placeOfDovecot(conf: Map<string, string>): SqlPlace | null {
  const driver = conf.get('driver');
  if (driver !== 'mysql' && driver !== 'pgsql') return null;
  const connect = new Map<string, string>();
  for (const match of (conf.get('connect') ?? '').matchAll(/([a-z_]+)=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S*)/g)) {
    if (!connect.has(match[1] ?? '')) connect.set(match[1] ?? '', (match[2] ?? '').replace(/^(['"])(.*)\1$/, '$2'));
  }
  return {
    dialect: driver,
    host: connect.get('host') ?? '',
    port: connect.get('port') ?? '',
    database: connect.get('dbname') ?? '',
    user: connect.get('user') ?? '',
  };
}

export function placeOfPostfix(conf: Map<string, string>, dialect: SqlDialect): SqlPlace {
  const host = (conf.get('hosts') ?? '').split(/[\s,]+/)[0] ?? '';
  const [name, port] = host.startsWith('unix:') ? [host.slice(5), ''] : host.replace(/^inet:/, '').split(':');
  return {
    dialect,
    host: name ?? '',
    port: port ?? '',
    database: conf.get('dbname') ?? '',
    user: conf.get('user') ?? '',
  };
}

/** The query of a Postfix table, also in the old form of table, select_field, where_field (mysql_table(5)). */
export function queryOfPostfix(conf: Map<string, string>): string | null {
  const query = conf.get('query');
  if (query) return query;
  const [table, select, where] = [conf.get('table'), conf.get('select_field'), conf.get('where_field')];
  if (!table || !select || !where) return null;
  return `SELECT ${select} FROM ${table} WHERE ${where} = '%s' ${conf.get('additional_conditions') ?? ''}`;
}
