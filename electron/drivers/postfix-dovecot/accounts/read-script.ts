/**
 * The one script that reads where accounts, aliases and domains live. It is constant; what to read comes over standard
 * input, a line of fields between unit separators each. It is made to be allowed to people who may look and not touch:
 * a file is read only where Postfix's or Dovecot's own configuration names it, a database only as a file so named tells
 * where it is, by SELECTs put together here from plain names, and of shadow(5) only the lines of ordinary users.
 */
import { RSPAMD_SETTINGS } from '../filters/script.ts';
import { rootScript } from '../root-script.ts';
import { SCHEMA_QUERY, SQL_SH } from '../sql/client.ts';
import type { SqlPlace } from '../sql/conf.ts';
import { DKIM_SH } from './dkim.ts';
import { JOB_SH } from './expiry-job.ts';
import { FRAME_SH, SEPARATOR, shWord } from './frames.ts';

/**
 * sh: `allowed PATH` is true of files that the configuration names as tables, password files or descriptions of a
 * database, and of Postfix's own; `allowed_table TYPE:SPEC` of tables as they stand there.
 */
export const ALLOWED_SH = `tables() {
  { postconf -nx; postconf -x alias_maps alias_database; } < /dev/null 2> /dev/null |
    grep -vE '^[a-z0-9_]*(password|sasl|tls)[a-z0-9_]* =' | grep -oE '[a-z0-9]+:[^] ,{}]+' | sed 's/^proxy://'
}
named() {
  c=$(postconf -h config_directory < /dev/null)
  printf '%s\\n' "$c/main.cf" "$c/master.cf" "$c/postdeck_outgoing" ${RSPAMD_SETTINGS}
  tables | sed -nE 's/^(hash|btree|lmdb|cdb|texthash|mysql|pgsql):(\\/.*)/\\2/p'
  included
  doveconf -n < /dev/null 2> /dev/null | sed -nE 's/^ *args = ([a-z_]+=[^ ]* +)*(\\/.*)$/\\2/p'
}
# lists that alias files take their receivers from (aliases(5)), each a file of its own
included() {
  postconf -xh alias_maps alias_database < /dev/null 2> /dev/null | tr -s ', ' '\\n' | sed -nE 's/^(hash|btree|lmdb|cdb|texthash):(\\/.*)/\\2/p' | sort -u |
  while IFS= read -r f; do grep -hvE '^[[:space:]]*#' "$f" 2> /dev/null | grep -oE ':include:/[^",[:space:]]+'; done | cut -c 10- | sort -u | head -n 500
}
NAMED=; TABLES=
allowed() {
  [ -n "$NAMED" ] || NAMED=$(named | sort -u)
  printf '%s\\n' "$NAMED" | grep -qxF -- "$1"
}
allowed_table() {
  [ -n "$TABLES" ] || TABLES=$(tables | sort -u)
  printf '%s\\n' "$TABLES" | grep -qxF -- "$1"
}
`;

/**
 * Used space of everybody: every mailbox's index is opened, one after another. Where there are thousands, two processes
 * take half of them each.
 */
const USAGE_SH = `usage() {
  u=$(mktemp -d) || return
  doveadm user '*' > "$u/all"
  if [ "$(wc -l < "$u/all")" -lt 1000 ]; then doveadm -f tab quota get -A
  else
    split -n l/2 "$u/all" "$u/part"
    for p in "$u"/part*; do doveadm -f tab quota get -F "$p" > "$p.out" & done
    wait; cat "$u"/part*.out
  fi
  rm -rf "$u"
}`;

/** Containers may have no ip(8). */
const ADDRESSES_SH = `addresses() {
  ip -o address show scope global || for i in $(hostname -I); do echo "0: - inet $i scope global"; done
}`;

/** A field of a row begins with \`=\`, or is \`-\` or \`\\N\` for NULL: the two cannot be mistaken for each other. */
const SELECT_SH = `place() { # CONF HOST PORT USER DATABASE: nowhere but where a file that is named says
  allowed "$1" || return 1
  for w; do
    case $w in "$1"|'') ;; *) grep -qF -- "$w" "$1" || return 1 ;; esac
  done
}
plain() {
  for n; do case $n in ''|[!A-Za-z_]*|*[!A-Za-z0-9_$]*) return 1 ;; esac; done
}
rows() { # DIALECT TABLE COLUMNS
  k=$1 t=$2 q=; shift 2; plain "$t" "$@" || return 1
  case $k in
  mysql)
    for c; do q="$q, IFNULL(CONCAT('=', \\\`$c\\\`), '-')"; done
    printf '%s\\n' "SELECT '@table $t';" "SELECT \${q#, } FROM \\\`$t\\\`;" ;;
  pgsql)
    for c; do q="$q, '=' || CAST(\\"$c\\" AS text)"; done
    printf '%s\\n' "COPY (SELECT '@table $t') TO STDOUT;" "COPY (SELECT \${q#, } FROM \\"$t\\") TO STDOUT;" ;;
  esac
}
schema() {
  case $1 in mysql) printf '%s\\n' ${shWord(SCHEMA_QUERY.mysql)} ;; pgsql) printf '%s\\n' ${shWord(SCHEMA_QUERY.pgsql)} ;; esac
}`;

export const READ = rootScript(
  'postdeck-accounts-read',
  ['accounts.read'],
  `${FRAME_SH}${SQL_SH}${ALLOWED_SH}${SELECT_SH}
${USAGE_SH}
${ADDRESSES_SH}
shadows() {
  w=$(mktemp) || return
  getent passwd | awk -F: '$3 >= 1000 && $3 < 65000 { print $1 }' > "$w"
  awk -F: 'NR == FNR { own[$1]; next } $1 in own' "$w" /etc/shadow; rm -f "$w"
}
logins() {
  doveconf -n | sed -nE 's/^ *last_login_dict = *//p' | grep -qxF -- "$1" && doveadm -f tab dict iter "$1" shared/last-login/
}
US=$(printf '\\037')
while IFS=$US read -r verb a b c d e f g h; do
  case $verb in
  file) # one that tells where a database is holds the password to it
    allowed "$a" && [ -f "$a" ] && ! grep -qE '^ *(connect|password) *=' -- "$a" && s "file:$a" cat -- "$a" < /dev/null ;;
  schema) # ID DIALECT CONF HOST PORT USER DATABASE
    place "$c" "$d" "$e" "$f" "$g" && schema "$b" | { s "$a" db "$b" "$c" "$d" "$e" "$f" "$g"; } ;;
  rows) # ID DIALECT CONF HOST PORT USER DATABASE LINES: a table and its columns each
    q=
    while [ "$h" -gt 0 ] && IFS= read -r line; do
      h=$((h - 1)); set -f; q="$q
$(rows "$b" $line)"; set +f
    done
    place "$c" "$d" "$e" "$f" "$g" && printf '%s\\n' "$q" | { s "sql:$a" db "$b" "$c" "$d" "$e" "$f" "$g"; } ;;
  answers) # TYPE PATH BYTES: what the built map answers to keys
    case $a in hash|btree|lmdb|cdb) t=$a:$b ;; *) t= ;; esac
    head -c "$c" | if [ -n "$t" ] && allowed "$b"; then s "answers:$b" postmap -q - "$t"; else cat > /dev/null; fi ;;
  includes) included | while IFS= read -r p; do [ -f "$p" ] && s "file:$p" head -c 1048577 -- "$p" < /dev/null; done ;;
  users) s passwd getent passwd < /dev/null; s shadow shadows < /dev/null ;;
  logins) s logins logins "$a" < /dev/null ;;
  services) s services postconf -M < /dev/null ;;
  addresses) s addresses addresses < /dev/null ;;
  usage) s usage usage < /dev/null ;;
  job) {${JOB_SH}
  } < /dev/null ;;
  dkim) {
${DKIM_SH}
  } < /dev/null ;;
  esac
done
exit 0
`,
);

/** A line of fields for the script. Throws RangeError for what would end a field. */
export function asks(...fields: (string | number)[]): string {
  const texts = fields.map(String);
  if (texts.some((field) => field.includes(SEPARATOR) || /[\n\r\0]/.test(field)))
    throw new RangeError('a field cannot hold a separator');
  return `${texts.join(SEPARATOR)}\n`;
}

/** A place as the script's fields. */
export const placeFields = ({ dialect, host, port, user, database }: SqlPlace, conf: string): string[] => [
  dialect,
  conf,
  host,
  port,
  user,
  database,
];
