/**
 * Expiry dates of a passwd-file. Dovecot judges no dates there, so that a date acts only where something on the server
 * looks at it every day: a script that locks the accounts whose last day is over, run by a systemd timer or by cron.
 */
import type { AccountAbilities } from '#shared/model/account.ts';
import { type Text, text } from '#shared/model/text.ts';
import { EXPIRES_FIELD, LOCKED_FIELD } from './fields.ts';
import { shWord } from './frames.ts';
import type { Snapshot } from './snapshot.ts';
import { tableId } from '../sql/conf.ts';
import type { SqlAccounts } from './layout.ts';
import { untilColumn } from './until.ts';

export const JOB_PATH = '/usr/local/sbin/postdeck-expiry';
const UNIT = '/etc/systemd/system/postdeck-expiry';
const CRON = '/etc/cron.d/postdeck-expiry';

/** What runs jobs on the server. cron: any that reads /etc/cron.d. */
export type Scheduler = 'systemd' | 'cron';

export interface ExpiryJob {
  scheduler: Scheduler;
  script: string;
}

/** sh, a section of the snapshot: what could run the job, what does, and the script. */
export const JOB_SH = `
job() {
  if [ -d /run/systemd/system ]; then echo systemd
  elif [ -d /etc/cron.d ] && pidof cron crond > /dev/null; then echo cron
  else echo none; fi
  if [ -e /etc/systemd/system/timers.target.wants/postdeck-expiry.timer ]; then echo systemd
  elif [ -e ${CRON} ]; then echo cron
  else echo none; fi
  [ ! -f ${JOB_PATH} ] || cat ${JOB_PATH}
}
s job job`;

export interface JobState {
  /** null: neither systemd nor cron runs here. */
  scheduler: Scheduler | null;
  job: ExpiryJob | null;
}

const schedulerOf = (word: string | undefined): Scheduler | null =>
  word === 'systemd' || word === 'cron' ? word : null;

export function parseJob(section: string): JobState {
  const [could, does, ...script] = section.split('\n');
  const scheduler = schedulerOf(does);
  const job = scheduler !== null && script.join('\n') !== '' ? { scheduler, script: script.join('\n') } : null;
  return { scheduler: schedulerOf(could), job };
}

/**
 * The script. Its awk reads a line as Dovecot does: fields between colons, extra fields from the eighth on, the date
 * looked for only there, since a display name may hold anything. It takes the lock that changes take, replaces the file
 * as they do, and leaves it alone when somebody has changed it meanwhile; the next day sees to the rest.
 */
export function jobScript(passwdFile: string): string {
  return `#!/bin/sh
# Locks accounts whose last day (${EXPIRES_FIELD}) is over. Put here by Postdeck, which also takes it away:
# postdeck accounts expiry off
set -u
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH LC_ALL=C; umask 077
f=$(realpath -e -- ${shWord(passwdFile)}) || exit 0
exec 9> /run/postdeck-accounts.lock && flock -w 60 9 || exit 75
n=$f.postdeck-expiry; w=$(mktemp) || exit 73
trap 'rm -f -- "$n" "$w"' EXIT
was=$(sha256sum < "$f")
cp --preserve=all -- "$f" "$n" 2> /dev/null || cp -p -- "$f" "$n" || exit 73
awk -v today="$(date +%Y-%m-%d)" -v who="$w" 'BEGIN { FS = OFS = ":" }
/^#/ || NF < 8 || $2 ~ /^({[^}]*})?!/ { print; next }
{
  extra = ""
  for (i = 8; i <= NF; i++) extra = extra ":" $i
  day = ""
  if (match(extra, /[: ]${EXPIRES_FIELD}=[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]( |$)/)) {
    day = substr(extra, RSTART + ${EXPIRES_FIELD.length + 2}, 10)
  }
  if (day == "" || day >= today) { print; next }
  scheme = ""
  if (match($2, /^{[^}]*}/)) scheme = substr($2, 1, RLENGTH)
  $2 = scheme "!" substr($2, length(scheme) + 1)
  print $0 " ${LOCKED_FIELD}=expired"
  print $1 > who
}' "$f" > "$n" || exit 70
[ -s "$w" ] || exit 0
[ "$(sha256sum < "$f")" = "$was" ] || exit 75
t=$(stat -c %Y -- "$f"); [ "$(stat -c %Y -- "$n")" -gt "$t" ] || touch -d "@$((t + 1))" -- "$n"
sync -- "$n"; mv -fT -- "$n" "$f" || exit 73
sleep 1.1
doveadm auth cache flush > /dev/null 2>&1
while IFS= read -r user; do
  doveadm kick "$user" < /dev/null > /dev/null 2>&1
  logger -t postdeck-expiry -p mail.notice -- "locked $user: its last day is over"
done < "$w"
`;
}

/** sh, parts of the script that makes changes: `job BYTES SCHEDULER`, the script on standard input; BYTES 0 takes it away. */
export const JOB_APPLY_SH = `  job)
    if [ "$a" = 0 ]; then
      [ ! -d /run/systemd/system ] || systemctl disable --now postdeck-expiry.timer > /dev/null 2>&1
      rm -f ${UNIT}.timer ${UNIT}.service ${CRON} ${JOB_PATH}
      [ ! -d /run/systemd/system ] || systemctl daemon-reload
    else
      head -c "$a" > ${JOB_PATH}.new
      [ "$(stat -c %s ${JOB_PATH}.new)" = "$a" ] || { rm -f ${JOB_PATH}.new; die 'the job was cut short' 74; }
      chmod 755 ${JOB_PATH}.new && mv -fT ${JOB_PATH}.new ${JOB_PATH} || exit 73
      case $b in
      systemd)
        printf '[Unit]\\nDescription=Lock expired mail accounts (Postdeck)\\n\\n[Service]\\nType=oneshot\\nExecStart=${JOB_PATH}\\n' > ${UNIT}.service
        printf '[Unit]\\nDescription=Lock expired mail accounts every day (Postdeck)\\n\\n[Timer]\\nOnCalendar=daily\\nPersistent=true\\n\\n[Install]\\nWantedBy=timers.target\\n' > ${UNIT}.timer
        chmod 644 ${UNIT}.service ${UNIT}.timer
        out=$(systemctl daemon-reload 2>&1 && systemctl enable --now postdeck-expiry.timer 2>&1) || die "$out" 67 ;;
      cron)
        printf '1 0 * * * root ${JOB_PATH}\\n' > ${CRON}.new
        chmod 644 ${CRON}.new && mv -fT ${CRON}.new ${CRON} || exit 73 ;;
      esac
    fi
    echo 'done job' ;;
`;

/** Whether expiry dates act, and what would make them. */
export function expiryOf(snapshot: Snapshot): AccountAbilities['expiry'] {
  const { layout, job } = snapshot;
  // PAM judges the date of shadow(5), the password query that of its column
  if (layout.accounts?.kind === 'system' || untilColumn(snapshot)) return { by: 'system', able: false, why: null };
  if (layout.accounts?.kind === 'sql')
    return { by: 'none', able: false, why: noDate(snapshot, layout.accounts.accounts) };
  if (layout.accounts?.kind !== 'passwd-file') return { by: 'none', able: false, why: null };
  const by = job.job === null ? ('marked' as const) : ('job' as const);
  if (by === 'job') return { by, able: true, why: runBy(job.job?.scheduler ?? 'systemd') };
  return { by, able: job.scheduler !== null, why: job.scheduler === null ? noScheduler() : runBy(job.scheduler) };
}

/** PostfixAdmin keeps dates in `password_expiry`, and its documentation leaves it to the query to ask for them. */
function noDate({ tables }: Snapshot, accounts: SqlAccounts): Text {
  const columns = tables.get(tableId(accounts.place, accounts.table))?.columns ?? [];
  if (accounts.until !== null) {
    const { column } = accounts.until;
    const type = columns.find(({ name }) => name === column)?.type ?? '-';
    return text(
      /*i18n*/ {
        id: 'accounts.why.expiry-type',
        message: 'The password query asks for {column}, whose type ({type}) this console does not write',
      },
      { column, type },
    );
  }
  const dated = columns.find(({ name, type }) => /expir|valid_until/i.test(name) && /date|time/i.test(type));
  return dated === undefined
    ? text(
        /*i18n*/ {
          id: 'accounts.why.expires',
          message: 'The password query asks for no expiry date, so none is kept: it would refuse nobody',
        },
      )
    : text(
        /*i18n*/ {
          id: 'accounts.why.expiry-column',
          message:
            'The password query does not ask for {column}, so a date there would refuse nobody; it does once password_query in {path} also says AND {column} > NOW()',
        },
        { column: dated.name, path: accounts.conf },
      );
}

const runBy = (scheduler: Scheduler): Text =>
  scheduler === 'systemd'
    ? text(
        /*i18n*/ {
          id: 'accounts.expiry.systemd',
          message: 'By a timer of systemd on the server, every day at midnight: {path}',
        },
        { path: JOB_PATH },
      )
    : text(
        /*i18n*/ { id: 'accounts.expiry.cron', message: 'By cron on the server, every day after midnight: {path}' },
        { path: JOB_PATH },
      );

const noScheduler = (): Text =>
  text(
    /*i18n*/ {
      id: 'accounts.expiry.none',
      message: 'Dovecot judges no dates in a passwd-file, and neither systemd nor cron runs here to do it daily',
    },
  );
