/** Works out the writes that give an account another address. Pure. */
import type { AccountRequest } from '#shared/model/account.ts';
import { Failure } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import { abilitiesOf } from './abilities.ts';
import { type AccountEntry, accountIndex } from './entries.ts';
import { ownFolder } from './folders.ts';
import { entriesOf, type PlanContext, type Planned, undoEntries } from './plan-accounts.ts';
import { problemOf, refuse, unsupported } from './refusals.ts';
import type { Snapshot } from './snapshot.ts';
import { moveAccess } from './write-access.ts';
import { renameAccount, renameSystemUser, retarget, retargetLocal } from './write-account.ts';
import { noWrites } from './writes.ts';

export function planRename(
  request: Extract<AccountRequest, { kind: 'accounts.rename' }>,
  context: PlanContext,
): Planned {
  const { snapshot, directory } = context;
  const able = abilitiesOf(snapshot);
  if (!able?.rename) throw unsupported(able?.why[0] ?? snapshot.layout.why[0] ?? null);
  const [entry] = entriesOf({ by: 'addresses', addresses: [request.address] }, context);
  if (!entry) throw new Failure('NOT_FOUND', text(/*i18n*/ { id: 'accounts.none', message: 'No account matches' }));
  const why = stays(entry, snapshot);
  if (why) throw unsupported(why);
  const taken = new Set(directory.accounts.map((account) => account.address));
  const domains = new Set(directory.domains.map((domain) => domain.domain));
  const to = request.to.trim().toLowerCase();
  const problem =
    problemOf({ address: request.to, name: null, expires: null }, taken, domains, snapshot) ??
    (entry.kind === 'system' ? systemProblem(to, snapshot) : null);
  if (problem) refuse([{ address: request.to, problem }]);
  const names = entry.kind === 'system' ? [to, localOf(to)] : [to];
  if (directory.aliases.some((alias) => names.includes(alias.name))) {
    refuse([
      { address: to, problem: text(/*i18n*/ { id: 'accounts.alias-exists', message: 'An alias of this name exists' }) },
    ]);
  }
  const writes = noWrites();
  const index = accountIndex(snapshot);
  const folder = ownFolder(entry, index.all, snapshot.layout.dovecot.values.get('mail_location') ?? '');
  if (entry.kind === 'system') {
    renameSystemUser(writes, entry.user, localOf(to), folder !== null);
    retargetLocal(writes, snapshot, entry.user.name, localOf(to), request.alias);
    // the alias under the old name stands in the alias file
    retarget(writes, snapshot, entry.address, to, false);
  } else {
    const home = renameAccount(writes, index, entry, to, folder !== null);
    if (folder !== null && home !== null && home !== folder) writes.moves.push({ from: folder, to: home });
    retarget(writes, snapshot, entry.address, to, request.alias);
  }
  moveAccess(writes, snapshot, entry, to);
  writes.kick.push(entry.login);
  return { writes, targets: [entry.address], warnings: [], undo: 'full', undoNote: undoEntries() };
}

const localOf = (address: string): string => address.slice(0, address.lastIndexOf('@'));

/** Why an account cannot be given another name without losing something; null: it can. */
function stays(entry: AccountEntry, { layout }: Snapshot): Text | null {
  const paths = (layout.dovecot.values.get('mail_location') ?? '').split(':').slice(1);
  // the first is where mail lies; indexes (INDEX=) are built anew where they are not found
  const mail = paths.filter((path, i) => i === 0 || path.startsWith('INBOX='));
  const spool = (path: string): boolean =>
    entry.kind === 'system' && /^INBOX=\/var\/(spool\/)?mail\/%L?[un]$/.test(path);
  const named = mail.find((path) => /%L?[und]/.test(path) && !/^(INBOX=)?(~|%h)/.test(path) && !spool(path));
  if (named !== undefined) {
    return text(
      /*i18n*/ {
        id: 'accounts.rename.location',
        message:
          'Mail lies outside the home, in a folder of the address ({path}): it would not be found under another one',
      },
      { path: named },
    );
  }
  if (entry.kind !== 'system' || /\/(nologin|false|sync)$/.test(entry.user.shell)) return null;
  return text(
    /*i18n*/ {
      id: 'accounts.rename.shell',
      message:
        '{login} can use a shell ({shell}): cron, sudo and files of other programs may know that name, which this console does not look for',
    },
    { login: entry.login, shell: entry.user.shell },
  );
}

function systemProblem(to: string, { layout, passwd }: Snapshot): Text | null {
  if (to.slice(to.lastIndexOf('@') + 1) !== layout.ownDomain) {
    return text(
      /*i18n*/ { id: 'accounts.rename.domain', message: 'A system user’s address ends in @{domain}' },
      { domain: layout.ownDomain },
    );
  }
  return passwd.split('\n').some((line) => line.startsWith(`${localOf(to)}:`))
    ? text(/*i18n*/ { id: 'accounts.rename.taken', message: 'The system has a user of this name' })
    : null;
}
