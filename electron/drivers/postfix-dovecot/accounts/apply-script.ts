/**
 * The one script that makes a change on the server. It is constant: instructions and data come over standard input, a
 * line of fields between unit separators each, followed by as many bytes as the line says.
 *
 * What makes it safe to be interrupted anywhere:
 * - New files and new maps are built beside the old ones under another name. Until `commit` nothing reads them, and the
 *   exit trap removes them. An editor's change in between is seen by its digest and ends the script.
 * - SQL is one transaction, before `commit`: if its guards fail, no file has been touched.
 * - `commit` renames the source first, then its map. Cut between the two, Postfix goes on answering from the old map
 *   (it only warns that the source is newer), and the next postmap completes the change. The other order would serve
 *   entries that the source does not have, and the next postmap by anybody would silently take them back.
 * - A service added to master.cf is running before anything leads to it, and nothing leads to one any more when it goes:
 *   files are renamed in three phases, with a reload between them.
 * - The record of what is changed is on the server before anything is, readable by root alone: the undo and the reading
 *   back after a lost connection start from it.
 */
import { PREFS_APPLY_SH, PREFS_SH } from '../filters/apply-script.ts';
import { JOB_APPLY_SH } from './expiry-job.ts';
import { rootScript } from '../root-script.ts';
import { SQL_SH } from '../sql/client.ts';

/** Where changes are recorded on the server. Holds password hashes, hence root's alone, and never copied elsewhere. */
export const RECORD_DIR = '/var/lib/postdeck/changes';

/** Days a record is kept: as long as an undo is likely, and no longer than hashes of deleted people should lie about. */
export const RECORD_DAYS = 90;

/** Exit statuses of the script, each with one meaning. */
export const EXIT = { busy: 75, cut: 74, changed: 70, map: 65, sql: 71, sieve: 66, system: 67, setup: 73 } as const;

export const APPLY = rootScript(
  'postdeck-accounts-apply',
  ['accounts.change'],
  `set -u
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH LC_ALL=C; umask 077
T=$(mktemp -d /run/postdeck.XXXXXX) || exit ${EXIT.setup}
: > "$T/files"; passwd=
die() { printf '%s\\n' "$1" >&2; exit "$2"; }
sum() { sha256sum < "$1" | cut -c1-64; }
suffix() { case $1 in hash|btree) echo .db ;; lmdb) echo .lmdb ;; cdb) echo .cdb ;; esac; }
clean() {
  while IFS= read -r p; do rm -f -- "$p.postdeck-new" "$p.postdeck-new.db" "$p.postdeck-new.lmdb" "$p.postdeck-new.cdb"; done < "$T/files"
  rm -rf -- "$T"
}
trap clean EXIT
trap 'exit 130' HUP INT TERM
exec 9> /run/postdeck-accounts.lock && flock -w 30 9 || die 'another change of accounts is under way' ${EXIT.busy}
build() { # TYPE FORMAT FILE: the map of FILE, its warnings on standard output
  case $2 in aliases) postalias "$1:$3" 2>&1 ;; *) postmap "$1:$3" 2>&1 ;; esac
}
like() { # OLD NEW: owner, mode and context of OLD
  [ -e "$1" ] || return 0
  chown --reference="$1" -- "$2" && chmod --reference="$1" -- "$2"; chcon --reference="$1" -- "$2" 2>/dev/null; :
}
reload() { # 1: Postfix does not run, so there is nothing to reload
  postfix status > /dev/null 2>&1 || return 1
  postfix reload > /dev/null 2>&1 || { echo 'left postfix-reload'; return 1; }
}
running() { # NAMES: waits for services added to master.cf to listen
  q=$(postconf -h queue_directory)
  for n; do
    i=0
    until [ -S "$q/private/$n" ]; do i=$((i + 1)); [ "$i" -le 100 ] || return 1; sleep 0.1; done
  done
}
own() { # a path that is a folder itself, reached through no symbolic link
  [ -d "$1" ] && [ ! -L "$1" ] && [ "$(realpath -e -- "$1")" = "$1" ]
}
${SQL_SH}${PREFS_SH}
US=$(printf '\\037')
W=
while IFS=$US read -r verb a b c d e f g h; do
  case $verb in
  record) # BYTES NAME
    mkdir -p ${RECORD_DIR} && chmod 700 /var/lib/postdeck ${RECORD_DIR} || exit ${EXIT.setup}
    find ${RECORD_DIR} -maxdepth 1 -type f -mtime +${RECORD_DAYS} -delete
    head -c "$a" > "${RECORD_DIR}/$b.new"
    [ "$(stat -c %s "${RECORD_DIR}/$b.new")" = "$a" ] || { rm -f "${RECORD_DIR}/$b.new"; die 'the record was cut short' ${EXIT.cut}; }
    sync "${RECORD_DIR}/$b.new"; mv -f "${RECORD_DIR}/$b.new" "${RECORD_DIR}/$b.json"; R=$b ;;
  file) # BYTES OLDSUM NEWSUM TYPE FORMAT PATH PHASE; OLDSUM -: a new file, NEWSUM -: it goes
    if [ "$b" = - ]; then
      [ ! -e "$f" ] && [ ! -L "$f" ] || die "$f has changed" ${EXIT.changed}
      printf '%s\\n' "$f" >> "$T/files"
      rm -f -- "$f.postdeck-new"; : > "$f.postdeck-new" || exit ${EXIT.setup}
    else
      [ -f "$f" ] || die "$f is not there" ${EXIT.changed}
      f=$(realpath -e -- "$f")
      s=$(suffix "$d")
      if [ "$c" = - ]; then
        [ "$(sum "$f")" = "$b" ] || die "$f has changed" ${EXIT.changed}
        printf '%s\\n' "$g$US$b$US$s$US-$US$f" >> "$T/commit"
        continue
      fi
      rm -f -- "$f.postdeck-new"; printf '%s\\n' "$f" >> "$T/files"
      cp --preserve=all -- "$f" "$f.postdeck-new" 2>/dev/null || cp -p -- "$f" "$f.postdeck-new" || exit ${EXIT.setup}
    fi
    head -c "$a" > "$f.postdeck-new"
    [ "$(sum "$f.postdeck-new")" = "$c" ] || die "$f was cut short" ${EXIT.cut}
    if [ "$b" = - ]; then chmod 644 -- "$f.postdeck-new"
    else [ "$(sum "$f")" = "$b" ] || die "$f has changed" ${EXIT.changed}; fi
    s=$(suffix "$d")
    if [ -n "$s" ]; then
      # postmap becomes the source's owner, who may not make files in this folder: until both are done, that is root
      chown root:root -- "$f.postdeck-new"
      out=$(build "$d" "$e" "$f.postdeck-new") || die "$out" ${EXIT.map}
      if [ -n "$out" ]; then
        # lines somebody else left there warn as they did before; only a new warning is ours
        : > "$T/old"; [ "$b" = - ] || cp -- "$f" "$T/old"; was=$(build "$d" "$e" "$T/old")
        [ "$(printf '%s\\n' "$out" | wc -l)" -le "$(printf '%s\\n' "$was" | wc -l)" ] || die "$out" ${EXIT.map}
        rm -f -- "$T/old" "$T/old$s"
      fi
      like "$f" "$f.postdeck-new"; like "$f$s" "$f.postdeck-new$s"; sync -- "$f.postdeck-new$s"
    fi
    case $e in main|master)
      # Postfix's own reading of both files together, before anything is renamed
      [ -d "$T/cf" ] || { mkdir "$T/cf"; cf=$(postconf -h config_directory); cp -- "$cf/main.cf" "$cf/master.cf" "$T/cf/" || exit ${EXIT.setup}; }
      cp -- "$f.postdeck-new" "$T/cf/$e.cf" ;;
    esac
    # Dovecot tells a changed passwd-file by its size and its time in whole seconds: two edits within one second that
    # leave the size alone would otherwise never be seen
    was=0; [ "$b" = - ] || was=$(stat -c %Y -- "$f"); [ "$(stat -c %Y -- "$f.postdeck-new")" -gt "$was" ] || touch -d "@$((was + 1))" -- "$f.postdeck-new"
    sync -- "$f.postdeck-new"
    printf '%s\\n' "$g$US$b$US$s$US+$US$f" >> "$T/commit"
    case $e in passwd|list) passwd=1 ;; esac ;;
  sql) # BYTES DIALECT CONF HOST PORT USER DATABASE
    head -c "$a" > "$T/sql"
    [ "$(stat -c %s "$T/sql")" = "$a" ] || die 'the statements were cut short' ${EXIT.cut}
    out=$(db "$b" "$c" "$d" "$e" "$f" "$g" < "$T/sql" 2>&1 > /dev/null) || die "$out" ${EXIT.sql}
    rm -f "$T/sql"; echo 'done sql' ;;
  await) # NAME: a service that this change adds; the socket of an earlier one of that name would pass for it
    W="$W $a"
    [ -n "$(postconf -M "$a/unix" 2> /dev/null)" ] || rm -f -- "$(postconf -h queue_directory)/private/$a" ;;
  commit)
    if [ -d "$T/cf" ]; then
      out=$({ postconf -c "$T/cf" -n && postconf -c "$T/cf" -M; } 2>&1 > /dev/null) || die "$out" ${EXIT.map}
    fi
    if [ -f "$T/commit" ]; then
      while IFS=$US read -r phase old s to p; do
        if [ "$old" = - ]; then [ ! -e "$p" ] || die "$p has changed" ${EXIT.changed}
        else [ "$(sum "$p")" = "$old" ] || die "$p has changed" ${EXIT.changed}; fi
      done < "$T/commit"
      for now in 1 2 3; do
        grep -q "^$now$US" "$T/commit" || continue
        [ "$now" != 3 ] || reload
        while IFS=$US read -r phase old s to p <&8; do
          [ "$phase" = "$now" ] || continue
          if [ "$to" = - ]; then rm -f -- "$p"; [ -z "$s" ] || rm -f -- "$p$s"
          else
            [ "$now" != 1 ] || cp --preserve=all -- "$p" "$T/back" || exit ${EXIT.setup}
            mv -fT -- "$p.postdeck-new" "$p" || exit ${EXIT.setup}
            [ -z "$s" ] || mv -fT -- "$p.postdeck-new$s" "$p$s" || exit ${EXIT.setup}
            if [ "$now" = 1 ] && reload; then
              running $W || {
                cp --preserve=all -- "$T/back" "$p.postdeck-new" && mv -fT -- "$p.postdeck-new" "$p"; reload
                die 'Postfix did not start the new service' ${EXIT.map}
              }
            fi
          fi
          sync -- "$(dirname "$p")"
        done 8< "$T/commit"
      done
      : > "$T/files"
      rm -f "$T/commit"
    fi
    echo 'done commit' ;;
  useradd|usermod) # USER UID GID GECOS HOME SHELL EXPIRES, then a line user:hash
    IFS= read -r secret
    if [ "$verb" = useradd ]; then
      set -- ; [ "$b" -lt 0 ] || set -- -u "$b"
      if [ "$c" -lt 0 ]; then set -- "$@" -U; else getent group "$c" > /dev/null || groupadd -g "$c" -- "$a"; set -- "$@" -g "$c"; fi
      # a home that is still there is the user's own mail from before: kept, not filled again
      if [ -e "$e" ]; then set -- "$@" -M; else set -- "$@" -m -K UMASK=077; fi
      out=$(useradd "$@" -c "$d" -d "$e" -s "$f" -- "$a" 2>&1) || die "$out" ${EXIT.system}
    else
      out=$(usermod -c "$d" -- "$a" 2>&1) || die "$out" ${EXIT.system}
    fi
    out=$(printf '%s\\n' "$secret" | chpasswd -e 2>&1) || die "$out" ${EXIT.system}
    out=$(chage -E "$g" -- "$a" 2>&1) || die "$out" ${EXIT.system}
    echo "done $verb" ;;
  absent) [ ! -e "$a" ] && [ ! -L "$a" ] || die "$a is in the way" ${EXIT.setup} ;;
  userren) # USER TO HOME NEWHOME
    doveadm kick "$a" > /dev/null 2>&1
    set -- -l "$b"; [ "$c" = "$d" ] || { set -- "$@" -d "$d"; [ ! -d "$c" ] || set -- "$@" -m; }
    for i in 1 2 3 4 5 6 7 8 9 10; do
      out=$(usermod "$@" -- "$a" 2>&1); rc=$?
      [ $rc = 8 ] || break; sleep 0.3
    done
    [ $rc = 0 ] || die "$out" ${EXIT.system}
    # the group of that name alone, and what else goes by names
    if [ "$(id -gn -- "$b")" = "$a" ] && ! getent group "$b" > /dev/null; then groupmod -n "$b" -- "$a"; fi
    [ ! -e "/var/mail/$a" ] || [ -e "/var/mail/$b" ] || mv -nT -- "/var/mail/$a" "/var/mail/$b"
    for p in /etc/subuid /etc/subgid; do
      [ -f "$p" ] && grep -q "^$a:" "$p" || continue
      awk -F: -v OFS=: -v a="$a" -v b="$b" '$1 == a { $1 = b } 1' "$p" > "$T/sub" && cat "$T/sub" > "$p"
    done
    echo 'done userren' ;;
  userdel) # USER
    doveadm kick "$a" > /dev/null 2>&1
    for i in 1 2 3 4 5 6 7 8 9 10; do
      out=$(userdel -- "$a" 2>&1); rc=$?
      [ $rc = 8 ] || break; sleep 0.3
    done
    [ $rc = 0 ] || die "$out" ${EXIT.system}
    echo 'done userdel' ;;
  sieve) # BYTES LOGIN SCRIPT ACTIVE; BYTES 0 deletes the script
    if [ "$a" != 0 ]; then
      out=$(head -c "$a" | doveadm sieve put -u "$b" "$c" 2>&1) || die "$out" ${EXIT.sieve}
    fi
    if [ -n "$d" ]; then out=$(doveadm sieve activate -u "$b" "$d" 2>&1) || die "$out" ${EXIT.sieve}
    else doveadm sieve deactivate -u "$b" > /dev/null 2>&1; fi
    [ "$a" != 0 ] || doveadm sieve delete -u "$b" "$c" > /dev/null 2>&1
    echo 'done sieve' ;;
${JOB_APPLY_SH}${PREFS_APPLY_SH}  move) # FROM TO
    [ -e "$a" ] || continue
    p=$(dirname "$b")
    [ -d "$p" ] || { mkdir -- "$p" && like "$(dirname "$a")" "$p"; }
    if own "$a" && [ ! -e "$b" ] && mv -nT -- "$a" "$b"; then echo 'done move'; else printf 'left %s\\n' "$a"; fi ;;
  remove) # FOLDER
    [ -e "$a" ] || continue
    if own "$a" && rm -rf --one-file-system -- "$a"; then echo 'done remove'; else printf 'left %s\\n' "$a"; fi ;;
  reload) reload ;;
  kick) # BYTES: logins, one a line
    head -c "$a" | sort -u > "$T/kick"
    # Dovecot looks at a passwd-file at most once a second: a session ended sooner could open again
    [ -z "$passwd" ] || sleep 1.1
    passwd=
    doveadm auth cache flush > /dev/null 2>&1
    doveadm -f tab who 2>/dev/null | tail -n +2 | cut -f1 | sort -u | comm -12 - "$T/kick" |
    while IFS= read -r l; do doveadm kick "$l" < /dev/null > /dev/null 2>&1 && echo 'done kick'; done ;;
  end) # done means that the next login is judged by the new entries
    [ -z "$passwd" ] || sleep 1.1
    echo 'done end' ;;
  *) die "unknown instruction" ${EXIT.cut} ;;
  esac
done
`,
);
