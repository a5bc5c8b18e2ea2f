/**
 * Shell scripts that run on the server, where no single program does the work. They are constants: what differs comes
 * as arguments ($1 ...) that are fixed for a server, or over standard input. One line each and without backslashes,
 * because they also stand, word for word, in the sudoers(5) lines, where both are trouble. They need a POSIX sh and GNU
 * grep, find, xargs, cut, stat and tar; the probe tells where those are missing.
 */

/** What the path of a queue file can look like. Everything else that comes over standard input is dropped. */
const HASHED_ID = '([0-9A-Za-z_]/){0,8}[0-9A-Za-z]{4,64}';
const ID_ONLY = 'case $id in ""|*[!0-9A-Za-z]*) exit 64;; esac';

const join = (...lines: string[]): string => lines.join('; ');

/**
 * Beginnings of queue files. $1: queue directory, $2: bytes. Standard input: paths below it, NUL after each.
 * Absent files are passed over: that is how it is told that a message is gone. See parse/queue-head.ts. (The length is
 * cut afterwards because a bounded repeat in the pattern takes grep five times as long.)
 */
export const HEADS = join(
  'export LC_ALL=C',
  'cd "$1" || exit 66',
  `grep -zxE "(maildrop|incoming|active|deferred|hold)/${HASHED_ID}" | xargs -0r grep -zsaH --null -m1 "^[CT]" -- | cut -zb "1-$2"`,
  'exit 0',
);

/** As HEADS, of every message in the queue. Files that move on while it runs may be missed. */
export const ALL_HEADS = join(
  'export LC_ALL=C',
  'cd "$1" || exit 66',
  'grep -rzsaH --null -m1 "^[CT]" incoming active deferred hold | cut -zb "1-$2"',
);

/**
 * Paths of all queue files, one a line: directories alone are read, so that thousands of ids are found to be gone
 * without a file being looked for in five places for each. $1: queue directory. `deferred` and `active` twice, in the
 * directions in which messages move, so that one that moves on meanwhile is met. Queues that are not there are passed
 * over.
 */
export const NAMES = join(
  'export LC_ALL=C',
  'cd "$1" || exit 66',
  'find maildrop incoming active deferred hold active deferred -type f -print 2>/dev/null',
  'exit 0',
);

/**
 * Envelope of one message, a NUL, its path when it is expired (postsuper -e sets its group's execute bit, and postcat
 * does not tell), a NUL, and its file in the defer queue. $1: queue directory, $2: postcat.
 * Standard input: the id, then below the queue directory its defer log, then all places where it may stand.
 */
export const ENVELOPE = join(
  'export LC_ALL=C',
  'cd "$1" || exit 66',
  'read -r id log places',
  ID_ONLY,
  'case $log$places in *[!0-9A-Za-z_/" "]*) exit 64;; esac',
  '"$2" -qe "$id" || exit',
  'head -c1 /dev/zero',
  'find $places -prune -perm -010 2>/dev/null',
  'head -c1 /dev/zero',
  'case $log in defer/*) cat "$log" 2>/dev/null;; esac',
  'exit 0',
);

/** Raw header and body of one message. $1: postcat. Standard input: the id. */
export const SOURCE = join('read -r id', ID_ONLY, 'exec "$1" -qhb "$id"');

/** Flushes messages; prints each id when it is done. $1: postqueue. Standard input: ids, one a line. Not run as root. */
export const FLUSH = `while read -r id; do ${ID_ONLY}; "$1" -i "$id" || exit; echo "$id"; done`;

/**
 * Archive of held messages. $1: the hold directory, $2: tar's compression option. Standard input: paths below it, NUL
 * after each; what is not a queue file's path is dropped, so that no other file can be asked for. Files that went
 * meanwhile are complained about and passed over: the reader of the archive counts what is in it.
 */
export const COPY_OUT = join(
  'export LC_ALL=C',
  'cd "$1" || exit 66',
  `grep -zxE "${HASHED_ID}" | tar --create --file=- "$2" --no-recursion --null --files-from=-`,
  'test $? -le 2',
);

/** Standard input: `OLD NEW FROM TO`, a line a file; prints `OLD NEW` for each that was moved. Replaces nothing. */
const movePerl =
  `perl -lane '$| = 1; my ($old, $new, $from, $to) = @F; ` +
  `print "$old $new" if link($from, $to) ? unlink($from) : !-e $to && rename($from, $to)'`;

/**
 * Puts messages of an archive into the hold queue. $1: queue directory, $2: owner of queue files, $3: tar's
 * decompression option, $4: levels of directories under hold. Standard input: the archive. Prints `OLD NEW` for each
 * message once it is in the queue.
 *
 * - The files are unpacked into a folder that only root can enter, on the file system of the queue, so that each message
 *   appears in the queue by one rename, whole or not at all. Nothing is moved when the archive is cut short.
 * - Only regular files with one link, whose own name is a queue id, are taken, whatever the archive holds.
 * - A short id ends in the hexadecimal number of the file's inode; that alone keeps two messages from getting the same
 *   id. A file put back has a new inode, so its id is made anew from the old one's first five digits (the microsecond)
 *   and the new inode: what `postsuper -s` does with a queue from a backup (postsuper(1)). Under the old id, the next
 *   message that gets the old inode in the same microsecond would overwrite it, or be overwritten: with busy inodes and
 *   some ten thousand messages that happens. Long ids hold the time in full, are not reused, and are kept.
 * - Numbers are made hexadecimal for many files at once, as a process for each would double the time; always for an
 *   even count of words, so that number and path stay together.
 * - A name that is in use, in any queue, is left alone: the message then stays out, and is not in the output.
 * - Moving them takes most of the time: a process for each, or one perl for all, thirty times as fast, where there is one.
 *   It gives the file its second name before it takes the first away, since a link never replaces a file.
 * - The folder goes in any case, also when the connection is cut: standard input then ends in the middle of the
 *   archive, or standard output is closed, and the script ends through its trap.
 */
export const RESTORE = join(
  'export LC_ALL=C',
  'umask 077',
  'cd "$1" || exit 66',
  's=$(mktemp -d "$1/postdeck-XXXXXXXXXX") || exit 73',
  `trap 'rm -rf "$s"' EXIT`,
  `trap 'exit 130' HUP INT PIPE TERM`,
  'tar --extract --file=- "$3" --directory="$s" --preserve-permissions --no-same-owner --keep-old-files || exit 65',
  'find "$s" -type f -exec chown -h "$2:" {} + -exec chmod u=rwx,g-rws,o= {} + || exit 73',
  'sync -f "$s" 2>/dev/null',
  'find "$s" -type f -links 1 ! -path "$s/*[!0-9A-Za-z_/]*" -exec stat -c "%i %n" {} + | xargs -r -n 500 printf "%X %s " | grep -oE "[0-9A-F]+ [^ ]+" | while read -r inode file; do id=${file##*/}',
  'case $id in ?|??|???|????) continue;; *z*) new=${file#"$s/"};; *) new=${id%"${id#?????}"}$inode; dir=; tail=$new; n=$4; while test "$n" -gt 0; do dir=$dir${tail%"${tail#?}"}/; tail=${tail#?}; n=$((n-1)); done; new=$dir$new;; esac',
  'name=${new##*/}',
  'for f in "$new" "$name" "${name%"${name#?}"}/$name"; do for q in maildrop incoming active deferred hold; do test -e "$q/$f" && continue 3; done; done',
  'case $new in */*) test -d "hold/${new%/*}" || { mkdir -p "hold/${new%/*}" && chown -R "$2:" "hold/${new%%/*}"; };; esac',
  'echo "$id $name $file hold/$new"',
  `done | if command -v perl >/dev/null; then ${movePerl}; else while read -r id name file new; do mv -nT "$file" "$new" && test ! -e "$file" && echo "$id $name" || :; done; fi || exit 74`,
);
