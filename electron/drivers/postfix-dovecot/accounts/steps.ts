/** The steps of a change as a person reads them before agreeing: what is replaced, and the commands that do it. */
import type { StepPreview } from '../../driver.ts';
import { type Text, text } from '#shared/model/text.ts';
import { transaction } from '../sql/client.ts';
import { JOB_PATH } from './expiry-job.ts';
import { placeOfFilter } from '../filters/writes.ts';
import { shWord } from './frames.ts';
import type { FileWrite, Writes } from './writes.ts';

type Step = StepPreview & { title: Text };

/** @param files contents as they are, to tell how much goes over standard input */
export function stepsOf(writes: Writes, files: ReadonlyMap<string, string>): Step[] {
  const fileStep = (file: FileWrite): Step => ({
    title: text(
      /*i18n*/ {
        id: 'accounts.step.file',
        message: 'Replace {path}: {count, plural, one {# entry} other {# entries}}',
      },
      { path: file.path, count: file.edits.length },
    ),
    command: fileCommand(file),
    stdin: {
      what: text(/*i18n*/ { id: 'accounts.step.content', message: 'the new content' }),
      bytes: newLength(file, files.get(file.path) ?? ''),
    },
  });
  const reload: Step = {
    title: text(/*i18n*/ { id: 'accounts.step.reload', message: 'Have Postfix read its configuration again' }),
    command: 'postfix reload',
    stdin: null,
  };
  // a new service runs before anything leads to it
  const runsFirst = (file: FileWrite): boolean =>
    file.format === 'master' && file.edits.some(({ after }) => after !== null);
  const steps = writes.files.flatMap((file) => [fileStep(file), ...(runsFirst(file) ? [reload] : [])]);
  if (writes.reload) steps.push(reload);
  if (writes.rspamd === true) {
    steps.push({
      title: text(/*i18n*/ { id: 'filter.rspamd.reload', message: 'Have rspamd read its configuration again' }),
      command: 'rspamadm configtest && systemctl reload rspamd',
      stdin: null,
    });
  }
  if (writes.job) {
    const { before, after } = writes.job;
    const scheduler = (after ?? before)?.scheduler ?? 'cron';
    const timer = `systemctl ${after ? 'enable' : 'disable'} --now postdeck-expiry.timer`;
    const cron = `${after ? 'cat >' : 'rm -f'} /etc/cron.d/postdeck-expiry`;
    steps.push({
      title: after
        ? text(/*i18n*/ { id: 'accounts.step.job', message: 'Have the server lock expired accounts every day' })
        : text(/*i18n*/ { id: 'accounts.step.job-off', message: 'Remove the daily job' }),
      command: `${after ? 'cat >' : 'rm -f'} ${JOB_PATH}; ${scheduler === 'systemd' ? timer : cron}`,
      stdin: after
        ? { what: text(/*i18n*/ { id: 'accounts.step.script', message: 'the script' }), bytes: after.script.length }
        : null,
    });
  }
  const tables = new Map<string, number>();
  for (const row of writes.rows) {
    const id = `${row.place.database}.${row.table}`;
    tables.set(id, (tables.get(id) ?? 0) + 1);
  }
  if (tables.size > 0) {
    const [first] = writes.rows;
    steps.push({
      title: text(
        /*i18n*/ {
          id: 'accounts.step.sql',
          message: 'One transaction in {tables}: {count, plural, one {# row} other {# rows}}',
        },
        { tables: [...tables.keys()].join(', '), count: writes.rows.length },
      ),
      command: `${first?.place.dialect === 'pgsql' ? 'psql -d' : 'mysql --batch'} ${shWord(first?.place.database ?? '')}`,
      stdin: {
        what: text(/*i18n*/ { id: 'accounts.step.statements', message: 'the statements, every value in hexadecimal' }),
        bytes: transaction(writes.rows).length,
      },
    });
  }
  for (const { user, to, before, after } of writes.system.slice(0, 50)) {
    if (to !== undefined) {
      const home = before?.home === after?.home ? '' : ` -d ${shWord(after?.home ?? '')} -m`;
      steps.push({
        title: text(/*i18n*/ { id: 'accounts.step.system', message: 'System user {user}' }, { user }),
        command: `usermod -l ${shWord(to)}${home} -- ${shWord(user)}; groupmod -n ${shWord(to)} -- ${shWord(user)}`,
        stdin: null,
      });
      continue;
    }
    const verb = before === null ? 'useradd' : after === null ? 'userdel' : 'usermod';
    const also = after === null ? '' : '; chpasswd -e; chage -E';
    steps.push({
      title: text(/*i18n*/ { id: 'accounts.step.system', message: 'System user {user}' }, { user }),
      command: `${verb} -- ${shWord(user)}${also}`,
      stdin: null,
    });
  }
  for (const { login, after } of writes.sieve) {
    steps.push({
      title: text(/*i18n*/ { id: 'accounts.step.sieve', message: 'Sieve script of {login}' }, { login }),
      command:
        after.script === null
          ? `doveadm sieve delete -u ${shWord(login)} postdeck`
          : `doveadm sieve put -u ${shWord(login)} postdeck && doveadm sieve activate -u ${shWord(login)} postdeck`,
      stdin:
        after.script === null
          ? null
          : { what: text(/*i18n*/ { id: 'accounts.step.script', message: 'the script' }), bytes: after.script.length },
    });
  }
  for (const write of writes.filters ?? []) {
    const place = placeOfFilter(write);
    const values = { filter: write.filter, address: write.address };
    steps.push({
      title: text(/*i18n*/ { id: 'filter.step', message: '{filter}: settings of {address}' }, values),
      command:
        write.kind === 'rows'
          ? `${write.rows[0]?.place.dialect === 'pgsql' ? 'psql' : 'mysql'}: ${place}`
          : `runuser -u ${shWord(write.owner)} -- mv -fT -- ${shWord(`${place}.postdeck-new`)} ${shWord(place)}`,
      stdin: null,
    });
  }
  for (const { from, to } of writes.moves.slice(0, 50)) {
    steps.push({
      title: text(/*i18n*/ { id: 'accounts.step.move', message: 'Move the mail aside' }),
      command: `mv -nT -- ${shWord(from)} ${shWord(to)}`,
      stdin: null,
    });
  }
  for (const folder of writes.removes.slice(0, 50)) {
    steps.push({
      title: text(/*i18n*/ { id: 'accounts.step.remove', message: 'Remove the mail' }),
      command: `rm -rf --one-file-system -- ${shWord(folder)}`,
      stdin: null,
    });
  }
  if (writes.kick.length > 0) {
    steps.push({
      title: text(
        /*i18n*/ {
          id: 'accounts.step.kick',
          message: 'End open sessions of {count, plural, one {# login} other {# logins}}',
        },
        { count: writes.kick.length },
      ),
      command: `doveadm auth cache flush; doveadm kick ${writes.kick.length === 1 ? shWord(writes.kick[0] ?? '') : '…'}`,
      stdin: null,
    });
  }
  return steps;
}

/** A byte a character: contents and entries are held as latin1. */
function newLength(file: FileWrite, content: string): number {
  return file.edits.reduce(
    (size, { before, after }) => size + (after?.length ?? 0) - (before?.length ?? 0),
    content.length,
  );
}

function fileCommand({ path, format, map, fresh }: FileWrite): string {
  const next = shWord(`${path}.postdeck-new`);
  const suffix = ({ hash: '.db', btree: '.db', lmdb: '.lmdb', cdb: '.cdb' } as Record<string, string>)[map ?? ''] ?? '';
  if (fresh === 'remove') return `rm -f -- ${shWord(path)} ${shWord(path + suffix)}`;
  const copy = fresh === 'create' ? `cat > ${next}` : `cp --preserve=all -- ${shWord(path)} ${next}`;
  const rename = `mv -fT -- ${next} ${shWord(path)}`;
  if (suffix === '') return `${copy}; ${rename}`;
  const build = `${format === 'aliases' ? 'postalias' : 'postmap'} ${map}:${next}`;
  return `${copy}; ${build}; ${rename}; mv -fT -- ${shWord(`${path}.postdeck-new${suffix}`)} ${shWord(path + suffix)}`;
}
