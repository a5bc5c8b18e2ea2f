/** The part of the script that makes changes which writes users' preferences. */
import { RSPAMD_SETTINGS, THEIRS_SH } from './script.ts';

/** $1 digest of the old file or -, $2 of the new one or -, $3 the path; the new content on standard input. */
const WRITE_PREFS = `umask 077
sum() { sha256sum < "$1" | cut -c1-64; }
p=$3
if [ "$1" = - ]; then
  [ ! -e "$p" ] && [ ! -L "$p" ] || exit 70
  mkdir -p -- "\${p%/*}" || exit 73
else
  p=$(realpath -e -- "$p") && [ "$(sum "$p")" = "$1" ] || exit 70
fi
if [ "$2" = - ]; then rm -f -- "$p"; rmdir -- "\${p%/*}" 2> /dev/null; exit 0; fi
n=$p.postdeck-new; rm -f -- "$n"
trap 'rm -f -- "$n"' EXIT
cat > "$n" && [ "$(sum "$n")" = "$2" ] || exit 74
[ "$1" = - ] || { chmod --reference="$p" -- "$n" && [ "$(sum "$p")" = "$1" ] || exit 70; }
sync -- "$n"; mv -fT -- "$n" "$p"`;

/**
 * sh, a part of the script that makes changes: `prefs BYTES OLDSUM NEWSUM USER PATH`. With the rights of the user, whose
 * folder it is: root would follow links that the user can make there.
 */
export const PREFS_APPLY_SH = `  prefs)
    head -c "$a" > "$T/prefs"
    theirs "$d" "$e" || die "$e is no file of $d" 64
    out=$(runuser -u "$d" -- /bin/sh -c '${WRITE_PREFS.replaceAll("'", `'\\''`)}' prefs "$b" "$c" "$e" 2>&1 < "$T/prefs")
    case $? in 0) ;; 70) die "$e has changed" 70 ;; *) die "$e: $out" 73 ;; esac
    rm -f "$T/prefs"; echo 'done prefs' ;;
  rspamd) # its own reading of the configuration with the new file, before that is renamed
    command -v rspamadm > /dev/null || continue
    f=${RSPAMD_SETTINGS}; rm -rf "$T/rspamd"; cp -r /etc/rspamd "$T/rspamd" || exit 73
    if [ -f "$f.postdeck-new" ]; then cp -- "$f.postdeck-new" "$T/rspamd/local.d/settings.conf"; else rm -f "$T/rspamd/local.d/settings.conf"; fi
    rm -f "$T/rspamd/local.d/settings.conf.postdeck-new"
    out=$(rspamadm --var=CONFDIR="$T/rspamd" --var=LOCAL_CONFDIR="$T/rspamd" configtest -c "$T/rspamd/rspamd.conf" 2>&1) || die "$out" 65 ;;
  rspamd-reload) # old workers end what they have begun; a stopped rspamd reads the file when it starts
    m=$(pgrep -of '^rspamd: main process') || continue
    pgrep -P "$m" | sort > "$T/old"
    { [ -d /run/systemd/system ] && systemctl reload rspamd || kill -HUP "$m"; } > /dev/null 2>&1
    i=0; until pgrep -P "$m" | sort | comm -23 - "$T/old" | grep -q . || [ "$i" -ge 100 ]; do i=$((i + 1)); sleep 0.1; done
    echo 'done rspamd' ;;
`;

/** sh, what that part calls. */
export const PREFS_SH = THEIRS_SH;
