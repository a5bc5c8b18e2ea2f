/** The one script that reads users' mail as root: folders, lists and messages through doveadm, which alters nothing. */
import { rootScript } from '../root-script.ts';

export const FIELDS = 'uid flags date.received.unixtime size.virtual hdr.from.utf8 hdr.to.utf8 hdr.subject.utf8';

/** Lines in base64: what is asked, the login, and each word behind as one argument, whatever is in it. */
export const MAIL = rootScript(
  'postdeck-accounts-mail',
  ['accounts.mail'],
  `PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
while IFS= read -r w; do w=$(printf %s "$w" | base64 -d; echo .); set -- "$@" "\${w%.}"; done
[ $# -ge 3 ] || exit 64
what=$1 login=$2; shift 2
exec < /dev/null
case $what in
status) exec doveadm -f json mailbox status -u "$login" -- 'messages guid' "$@" ;;
numbers) exec doveadm -f json fetch -u "$login" -- uid "$@" ;;
items) exec doveadm -f json fetch -u "$login" -- '${FIELDS}' "$@" ;;
text) exec doveadm -f pager fetch -u "$login" -- text "$@" ;;
esac
exit 64
`,
);

/** What the script reads. */
export const question = (what: 'status' | 'numbers' | 'items' | 'text', login: string, ...words: string[]): string =>
  [what, login, ...words].map((word) => `${Buffer.from(word, 'utf8').toString('base64')}\n`).join('');
