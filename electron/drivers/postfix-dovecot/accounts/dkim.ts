/** DKIM keys (RFC 6376) on the server, found where rspamd and OpenDKIM are told to look for them. */

/**
 * sh, a section of the snapshot: paths of private keys, and lines `name domain:selector:path`. Folders are those of the
 * documentation and of Debian's packages, and whatever the configuration names besides: `path` of rspamd's dkim_signing,
 * with variables or a domain at a time, and KeyTable, Domain and KeyFile of OpenDKIM. A key that is only written down
 * somewhere, and is not there, is none.
 */
export const DKIM_SH = `keys() {
  conf=$(cat /etc/rspamd/local.d/dkim_signing.conf /etc/rspamd/override.d/dkim_signing.conf)
  printf '%s\\n' "$conf" | sed -nE 's/^[^#]*path *= *"?(\\/[^"$;]*)\\/[^"\\/;]*\\$.*/\\1/p' > "$t"
  printf '%s\\n' /var/lib/rspamd/dkim /etc/rspamd/dkim /etc/opendkim/keys /etc/dkimkeys >> "$t"
  sort -u "$t" | while IFS= read -r d; do
    find -H "$d" -maxdepth 3 -type f '(' -name '*.key' -o -name '*.private' ')'
  done | head -n 50000
  {
    printf '%s\\n' "$conf" | awk '
      match($0, /[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+[ \\t]*[{]/) { d = substr($0, RSTART, RLENGTH); gsub(/[ \\t{]+/, "", d) }
      d != "" && match($0, /path *= *"?\\/[^"$;]+/) { p = substr($0, RSTART, RLENGTH); sub(/^path *= *"?/, "", p); print "- " d ":-:" p; d = "" }'
    o=/etc/opendkim.conf
    sed -nE 's/^KeyTable[ \\t]+(file:|refile:)?(\\/[^ \\t]+).*/\\2/p' $o | { cat; printf '%s\\n' /etc/opendkim/KeyTable /etc/opendkim/key.table /etc/dkimkeys/KeyTable; } |
      sort -u | while IFS= read -r f; do grep -v '^ *#' "$f"; done
    f=$(sed -nE 's/^KeyFile[ \\t]+(\\/[^ \\t]+).*/\\1/p' $o)
    [ -z "$f" ] || sed -nE 's/^Domain[ \\t]+//p' $o | tr -s ', \\t' '\\n' | while IFS= read -r d; do printf '%s\\n' "- $d:-:$f"; done
  } | head -n 50000 | while IFS= read -r line; do [ ! -f "\${line##*:}" ] || printf '%s\\n' "$line"; done
}
dkim() { t=$(mktemp) || return; keys; rm -f "$t"; }
s dkim dkim`;

/** `/var/lib/rspamd/dkim/example.org.dkim.key`, `/etc/opendkim/keys/example.org/mail.private`, `name example.org:mail:/path`. */
export function dkimDomains(line: string): { domain: string; path: string }[] {
  const table = /^\S+\s+([^:\s]+):[^:\s]+:(\/\S+)/.exec(line);
  if (table?.[1] !== undefined) return [{ domain: table[1].toLowerCase(), path: table[2] ?? '' }];
  if (!line.startsWith('/')) return [];
  const names = line.toLowerCase().split('/');
  const file = names.at(-1)?.replace(/\.(key|private)$/, '') ?? '';
  // the selector follows the domain in a file's name; a folder bears the domain alone
  return [names.at(-2) ?? '', file, file.replace(/\.[^.]*$/, '')].map((domain) => ({ domain, path: line }));
}
