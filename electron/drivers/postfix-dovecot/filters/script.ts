/**
 * The script that reads users' preferences in spam filters. Constant, what to read comes over standard input; made to be
 * allowed to people who may look and not touch: it reads no file but user_prefs, with the rights of its own user, and no
 * rows but preferences, where SpamAssassin's own configuration tells the database.
 */
import { FRAME_SH } from '../accounts/frames.ts';
import { rootScript } from '../root-script.ts';
import { SQL_SH } from '../sql/client.ts';
import { PREFERENCES } from './user-prefs.ts';

/** Bytes of a user_prefs file at most. Lists of senders are a few kilobytes; a longer file is no list of a person. */
export const MAX_PREFS = 256 * 1024;

/** Where an administrator adds rules to rspamd's settings module. */
export const RSPAMD_SETTINGS = '/etc/rspamd/local.d/settings.conf';

/** Stands before the rows of a table that answered. */
export const ROWS_MARK = '@rows';

/**
 * Run as the owner. Nothing is read through a link, nor in a folder that others can write in: who may only look could
 * otherwise lay a link there to any file of that owner. The folder is entered first, so that it cannot be exchanged.
 */
const PREFS = `cd -P -- "\${1%/*}" 2> /dev/null || { [ -e "\${1%/*}" ] && echo odd || echo absent; exit 0; }
o=$(stat -c %u .); f=user_prefs
if [ "$o" != 0 ] && [ "$o" != "$(id -u)" ] || [ -n "$(find . -prune -perm -002)" ] || [ -L "$f" ]; then echo odd
elif [ -f "$f" ]; then echo there; head -c ${MAX_PREFS + 1} -- "$f"
elif [ -e "$f" ]; then echo odd; else echo absent; fi`;

/** sh: `theirs USER PATH` is true of a user_prefs file, and of a user who is not root: root would follow any link to it. */
export const THEIRS_SH = `theirs() {
  case $2 in */../*|*/./*) return 1 ;; /*/user_prefs) ;; *) return 1 ;; esac
  u=$(id -u -- "$1" 2> /dev/null) && [ "$u" != 0 ]
}
`;

export const FILTERS = rootScript(
  'postdeck-accounts-filters',
  ['accounts.read'],
  `${FRAME_SH}${SQL_SH}${THEIRS_SH}
confs() {
  for f in /etc/mail/spamassassin/*.cf /etc/spamassassin/*.cf /usr/local/etc/mail/spamassassin/*.cf; do [ ! -f "$f" ] || printf '%s\\n' "$f"; done
}
processes() { ps -ww -e -o user:64= -o args= | grep -E 'spamd|spamass-milter'; }
defaults() { cat /etc/default/spamd /etc/default/spamassassin /etc/sysconfig/spamassassin /etc/sysconfig/spamd; }
settings() {
  confs | while IFS= read -r f; do
    grep -hE '^[[:space:]]*(user_scores_(dsn|sql_username|sql_custom_query|sql_table)|required_score|required_hits)[[:space:]]' "$f"
  done
}
secrets() {
  confs | while IFS= read -r f; do grep -lE '^[[:space:]]*user_scores_sql_password[[:space:]]' "$f"; done
}
prefs() { runuser -u "$1" -- /bin/sh -c '${PREFS}' prefs "$2"; }
query() { # DIALECT TABLE NAME, both in hexadecimal where they are values
  case $2 in ''|[!A-Za-z_]*|*[!A-Za-z0-9_]*) return 1 ;; esac
  case $3 in *[!0-9a-f]*) return 1 ;; esac
  w="${PREFERENCES.map((name) => `'${name}'`).join(', ')}"
  case $1 in
  mysql) printf '%s\\n' "SELECT '${ROWS_MARK}'; SELECT CONCAT('=', preference), CONCAT('=', value) FROM \\\`$2\\\` WHERE username = _utf8mb4 X'$3' AND preference IN ($w);" ;;
  pgsql) printf '%s\\n' "COPY (SELECT '${ROWS_MARK}') TO STDOUT; COPY (SELECT '=' || preference, '=' || value FROM \\"$2\\" WHERE username = convert_from(decode('$3', 'hex'), 'UTF8') AND preference IN ($w)) TO STDOUT;" ;;
  esac
}
US=$(printf '\\037')
while IFS=$US read -r verb a b c d e f g h; do
  case $verb in
  survey)
    s processes processes < /dev/null
    s defaults defaults < /dev/null
    s services postconf -M < /dev/null
    s settings settings < /dev/null
    s secrets secrets < /dev/null
    s client spamc -V < /dev/null ;;
  rspamd)
    if pgrep -f '^rspamd: main process' > /dev/null && [ -d /etc/rspamd/local.d ]; then
      s rsettings rspamadm configdump -j settings < /dev/null
      s ractions rspamadm configdump -j actions < /dev/null
      s rmilters postconf -h smtpd_milters < /dev/null
      s rincluded grep -F local.d/settings.conf /etc/rspamd/settings.conf < /dev/null
    fi ;;
  prefs) # USER PATH
    if theirs "$a" "$b"; then s prefs prefs "$a" "$b" < /dev/null; fi ;;
  rows) # DIALECT CONF HOST PORT USER DATABASE TABLE NAME
    if secrets | grep -qxF -- "$b" && settings | grep -F user_scores_dsn | grep -qF -- "$f"; then
      query "$a" "$g" "$h" | { s rows db "$a" "$b" "$c" "$d" "$e" "$f"; }
    fi ;;
  threshold) # NAME SOCKET PORT: what spamd holds a message to that says nothing
    case $c in *[!0-9]*) exit 64 ;; esac
    set -- -d 127.0.0.1 -p "\${c:-783}"; [ -z "$b" ] || set -- -U "$b"
    printf 'Subject: a question\\n\\nNo mail.\\n' | s threshold timeout 20 spamc "$@" -c -u "$a" ;;
  esac
done
exit 0
`,
);
