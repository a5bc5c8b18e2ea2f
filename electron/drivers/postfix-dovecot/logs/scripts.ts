/**
 * What runs on the server to read logs: POSIX sh, GNU stat, head, tail, base64. Paths are arguments, so that a line of
 * sudoers allows these logs and no other file; names of rotated files and places come over standard input and must be
 * one of the paths with something behind it. Files are opened once and asked by descriptor: what stat says and what is
 * read is then the same file, whatever logrotate does to its name meanwhile.
 */

/** Functions of both scripts: `path K` sets p; `ours NAME` is true for p and its rotated files; unpack and pack. */
const COMMON =
  'z=$1; shift; path() { shift "$1"; p=$1; }; ' +
  'ours() { case $1 in "$p") return 0;; "$p".*|"$p"-*) case ${1#"$p"} in */*) return 1;; esac; [ ! -h "$1" ];; *) return 1;; esac; }; ' +
  'unpack() { case $1 in *.gz) gzip -dc;; *.zst) zstd -dcq;; *.xz) xz -dc;; *.bz2) bzip2 -dc;; *) cat;; esac; }; ' +
  'pack() { case $z in zstd) zstd -q -c -1;; gzip) gzip -1 -c;; *) cat;; esac; }; ';

/**
 * Answers questions, one a line, until standard input ends:
 * `look K INODE SIZE TIME`: `=` when the file is still that, `-` when there is none, else `F inode size time head. name`;
 * `list K`: an F line for every rotated file, then `.`;
 * `read K INODE OFFSET COUNT NAME`: `D data. head.`, or `M` when the name is another file now. Data is packed and in
 * base64; head is read after the data, so that a file cut meanwhile shows.
 */
export const WATCH =
  COMMON +
  "facts() { stat -L -c '%i %s %.9Y' /dev/fd/3; }; " +
  "b64() { base64 | tr -d '\\n'; }; " +
  'one() { command exec 3<"$1" || return 1; s=$(facts) || return 1; echo "F $s $(unpack "$1" <&3 | head -c 1024 | b64). $1"; exec 3<&-; } 2>/dev/null; ' +
  'while read -r c k a b n f; do case $k in [1-9]) path "$k" "$@";; *) exit 64;; esac; case $c in ' +
  'look) if [ ! -f "$p" ]; then echo -; elif [ "$(stat -L -c "%i %s %.9Y" "$p" 2>/dev/null)" = "$a $b $n" ]; then echo "="; else one "$p" || echo -; fi;; ' +
  'list) for f in "$p".* "$p"-*; do if [ -f "$f" ] && [ ! -h "$f" ]; then one "$f"; fi; done; echo .;; ' +
  'read) if ours "$f" && command exec 3<"$f" && set_i=$(stat -L -c %i /dev/fd/3) && [ "$set_i" = "$a" ]; then ' +
  'd=$(tail -c "+$b" <&3 | head -c "$n" | pack | b64); exec 3<&-; command exec 3<"$f"; [ "$(stat -L -c %i /dev/fd/3)" = "$a" ] && echo "D $d. $(head -c 1024 <&3 | b64)." || echo M; exec 3<&-; ' +
  'else echo M; exec 3<&-; fi 2>/dev/null;; ' +
  '*) exit 64;; esac; done; exit 0';

/** One file to its end, packed: the line `K INODE OFFSET COUNT NAME` says which. Offset counts from 1. */
export const STREAM =
  COMMON +
  'read -r k a b n f || exit 64; case $k in [1-9]) path "$k" "$@";; *) exit 64;; esac; ' +
  'ours "$f" || exit 65; exec 3<"$f" || exit 65; [ "$(stat -L -c %i /dev/fd/3)" = "$a" ] || exit 65; ' +
  // A plain file is sought in, not read from its beginning.
  'case "$f" in *.gz|*.zst|*.xz|*.bz2) unpack "$f" <&3 | tail -c "+$b";; *) tail -c "+$b" <&3;; esac | head -c "$n" | pack';

/** What programs of mail write, by facility mail(2) or by name where they use another. */
const MATCHES = [
  'rspamd',
  'opendkim',
  'opendmarc',
  'fail2ban.actions',
  'amavis',
  'spamd',
  'clamd',
  'freshclam',
  'postgrey',
]
  .map((name) => `+ SYSLOG_IDENTIFIER=${name}`)
  .join(' ');

/** Entries of the journal: first line `once` or `follow`, then a cursor, then a time, one of them empty. */
export const JOURNAL =
  'read -r m && read -r c; read -r t; case $m in once|follow) ;; *) exit 64;; esac; ' +
  'set -- -q -a -o json --no-pager --output-fields=MESSAGE,SYSLOG_IDENTIFIER,_PID,SYSLOG_PID,_HOSTNAME; ' +
  'if [ -n "$c" ]; then set -- "$@" "--after-cursor=$c"; fi; if [ -n "$t" ]; then set -- "$@" "--since=@$t"; fi; ' +
  'if [ "$m" = follow ]; then set -- "$@" -f --no-tail; fi; ' +
  `exec journalctl "$@" SYSLOG_FACILITY=2 ${MATCHES}`;

/** Where logs are, as any user can tell: `NAME value` lines. */
export const SURVEY =
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; ' +
  'echo "maillog $(postconf -h maillog_file 2>/dev/null)"; ' +
  'for d in rsyslogd syslog-ng syslogd; do if ps -e -o comm= 2>/dev/null | grep -qx "$d"; then echo "daemon $d"; fi; done; ' +
  "cat /etc/rsyslog.conf /etc/rsyslog.d/*.conf /etc/syslog.conf 2>/dev/null | sed -n 's/^[^#]*mail\\.[^ \\t]*[ \\t][ \\t]*-\\{0,1\\}\\(\\/[^ \\t;]*\\).*/conf \\1/p'; " +
  'for f in "$(postconf -h maillog_file 2>/dev/null)" /var/log/mail.log /var/log/maillog /var/log/mail /var/log/mail/mail.log; do ' +
  'if [ -n "$f" ] && [ -f "$f" ]; then if [ -r "$f" ]; then echo "readable $f"; else echo "there $f"; fi; fi; done; ' +
  'if command -v journalctl >/dev/null 2>&1 && { [ -d /run/log/journal ] || [ -d /var/log/journal ]; }; then echo "journal $(id -u) $(id -nG)"; fi; ' +
  'if stat -L -c %.9Y / >/dev/null 2>&1 && command -v base64 >/dev/null 2>&1; then echo "tools yes"; fi; ' +
  'z=$(readlink -f /etc/localtime 2>/dev/null); echo "zone ${z#*/zoneinfo/}"; exit 0';
