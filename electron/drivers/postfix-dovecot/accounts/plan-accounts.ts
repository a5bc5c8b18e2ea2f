/** Works out the writes of account requests from a snapshot. Pure: reads nothing, changes nothing. */
import type { AccountRequest, AccountTarget, MailFate } from '#shared/model/account.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import { Failure } from '#shared/model/failure.ts';
import { checkDate, checkDisplayName } from '#shared/model/mail-address.ts';
import { type Text, text } from '#shared/model/text.ts';
import { allTurnedOff, isTurnedOff, noSwitch, staysOff, turnDomain } from './domain-switch.ts';
import { asideOf, ownFolder } from './folders.ts';
import { bytesOf } from './frames.ts';
import { type AccountEntry, accountIndex } from './entries.ts';
import { abilitiesOf } from './abilities.ts';
import type { Directory } from './directory.ts';
import { colonName, problemOf, refuse, unsupported } from './refusals.ts';
import type { Snapshot } from './snapshot.ts';
import { noWrites, type Writes } from './writes.ts';
import { addAccount, dropAccount, editAccount } from './write-account.ts';
import { accessEdits } from './write-access.ts';

export interface Planned {
  writes: Writes;
  targets: string[];
  warnings: Text[];
  undo: 'full' | 'partial' | 'none';
  undoNote: Text;
}

export interface PlanContext {
  snapshot: Snapshot;
  directory: Directory;
  /** `{SCHEME}hash` by address, made from the passwords a person gave or asked for. */
  hashes: ReadonlyMap<string, string>;
  /** ISO date of the server's day, near enough: what has expired. */
  today: string;
  /** Names the folders that are moved aside, unique to this change. */
  stamp: string;
}

export function planAccounts(
  request: Exclude<
    AccountRequest,
    { kind: 'accounts.sieve' | 'accounts.filter' | 'accounts.expiry' | 'accounts.rename' }
  >,
  context: PlanContext,
): Planned {
  const able = abilitiesOf(context.snapshot);
  if (!able) throw unsupported(context.snapshot.layout.why[0] ?? null);
  const why = able.why[0] ?? null;
  switch (request.kind) {
    case 'accounts.add':
      if (!able.add) throw unsupported(why);
      return addAll(request.accounts, context);
    case 'accounts.edit':
      if (request.quota !== undefined && !able.quota) throw unsupported(why);
      if (request.name !== undefined && !able.name) throw unsupported(why);
      if (request.expires !== undefined && !able.expires) throw unsupported(able.expiry.why ?? why);
      return editAll(request, context);
    case 'accounts.block':
      if ((request.sending && !able.blockSending) || (request.receiving && !able.blockReceiving))
        throw unsupported(why);
      return blockAll(request, context, true);
    case 'accounts.unblock':
      return blockAll({ ...request, sending: true, receiving: true }, context, false);
    case 'accounts.delete':
      return deleteAll(entriesOf(request.target, context), request.mail, context);
    default:
      return assertNever(request, 'account request');
  }
}

function addAll(
  accounts: Extract<AccountRequest, { kind: 'accounts.add' }>['accounts'],
  context: PlanContext,
): Planned {
  const { snapshot, directory, hashes } = context;
  const writes = noWrites();
  const index = accountIndex(snapshot);
  const taken = new Set(directory.accounts.map((account) => account.address));
  const aliases = new Set(directory.aliases.map((alias) => alias.name));
  const domains = new Set(directory.domains.map((domain) => domain.domain));
  const problems: { address: string; problem: Text }[] = [];
  const warnings: Text[] = [];
  const targets: string[] = [];
  for (const account of accounts) {
    const problem = problemOf(account, taken, domains, snapshot);
    const hash = hashes.get(account.address.toLowerCase());
    if (problem || hash === undefined) {
      problems.push({ address: account.address, problem: problem ?? noPassword() });
      continue;
    }
    const address = account.address.trim().toLowerCase();
    taken.add(address);
    targets.push(address);
    if (aliases.has(address)) {
      warnings.push(
        text(
          /*i18n*/ {
            id: 'accounts.warn.alias',
            message: 'An alias {address} stands before the new mailbox: mail goes where the alias leads',
          },
          { address },
        ),
      );
    }
    const name = account.name === null || account.name === '' ? null : bytesOf(account.name);
    addAccount(writes, index, { address, name, hash, quota: account.quota, expires: account.expires });
  }
  refuse(problems);
  return { writes, targets, warnings: capWarnings(warnings), undo: 'full', undoNote: undoAdd() };
}

const noPassword = (): Text =>
  text(/*i18n*/ { id: 'accounts.no-password', message: 'No password was prepared for it' });

const undoAdd = (): Text =>
  text(
    /*i18n*/ {
      id: 'accounts.undo.add',
      message:
        'Undo takes the entries out again. Mail that arrived meanwhile stays on the server’s disk. It is possible for 90 days.',
    },
  );

export const undoEntries = (): Text =>
  text(
    /*i18n*/ {
      id: 'accounts.undo.entries',
      message: 'Undo puts back each entry as it was, unless somebody has changed it since. It is possible for 90 days.',
    },
  );

export function entriesOf(target: AccountTarget, { snapshot, directory }: PlanContext): AccountEntry[] {
  const index = accountIndex(snapshot);
  const addresses =
    target.by === 'addresses'
      ? target.addresses.map((address) => address.trim().toLowerCase())
      : directory.accounts
          .filter((account) => target.by === 'all' || account.domain === target.domain.toLowerCase())
          .map((account) => account.address);
  const missing = addresses.filter((address) => !index.byAddress.has(address));
  if (missing.length > 0) {
    throw new Failure(
      'NOT_FOUND',
      text(
        /*i18n*/ {
          id: 'accounts.not-found',
          message: 'There is no account {address}{count, plural, =1 {} other { and # more}}',
        },
        { address: missing[0] ?? '', count: missing.length },
      ),
    );
  }
  if (addresses.length === 0) {
    throw new Failure('NOT_FOUND', text(/*i18n*/ { id: 'accounts.none', message: 'No account matches' }));
  }
  return [...new Set(addresses)].flatMap((address) => index.byAddress.get(address) ?? []);
}

function editAll(request: Extract<AccountRequest, { kind: 'accounts.edit' }>, context: PlanContext): Planned {
  const writes = noWrites();
  const index = accountIndex(context.snapshot);
  const entries = entriesOf(request.target, context);
  const problems: { address: string; problem: Text }[] = [];
  if (request.name) {
    const name = checkDisplayName(request.name);
    const bad = name.ok
      ? context.snapshot.layout.accounts?.kind !== 'sql' && /[:,]/.test(name.value)
        ? colonName()
        : null
      : name.problem;
    if (bad) problems.push({ address: entries[0]?.address ?? '', problem: bad });
  }
  if (request.expires) {
    const date = checkDate(request.expires);
    if (!date.ok) problems.push({ address: entries[0]?.address ?? '', problem: date.problem });
  }
  for (const entry of entries) {
    const hash = context.hashes.get(entry.address);
    if (request.secretId !== undefined && hash === undefined)
      problems.push({ address: entry.address, problem: noPassword() });
    editAccount(writes, index, entry, {
      ...(hash === undefined ? {} : { hash }),
      ...(request.name === undefined ? {} : { name: request.name === null ? '' : bytesOf(request.name.trim()) }),
      ...(request.quota === undefined ? {} : { quota: request.quota }),
      ...(request.expires === undefined
        ? {}
        : { expires: request.expires, ...(isOver(request.expires, context.today) ? {} : { overdue: false }) }),
    });
    // a session opened with the old password would otherwise live on
    if (hash !== undefined) writes.kick.push(entry.login);
  }
  refuse(problems);
  return { writes, targets: entries.map((e) => e.address), warnings: [], undo: 'full', undoNote: undoEntries() };
}

export const isOver = (expires: string | null, today: string): boolean => expires !== null && expires < today;

function blockAll(
  request: { target: AccountTarget; sending: boolean; receiving: boolean },
  context: PlanContext,
  on: boolean,
): Planned {
  const writes = noWrites();
  const index = accountIndex(context.snapshot);
  const { snapshot } = context;
  const domain = request.target.by === 'domain' ? request.target.domain.trim().toLowerCase() : null;
  // its entry decides about mail to it, and about nothing else; whoever unblocks it wants mail again
  const turned = domain !== null && request.receiving && turnDomain(writes, snapshot, domain, !on);
  const receiving = request.receiving && (!turned || !on);
  const entries = turned && !hasAccounts(domain, context) ? [] : entriesOf(request.target, context);
  const warnings: Text[] = [];
  for (const entry of entries) {
    // without an access map, the row's own switch refuses mail
    const inactive = on && receiving && snapshot.layout.recipientAccess === null;
    editAccount(writes, index, entry, { locked: on, inactive });
    accessEdits(writes, snapshot, entry, { on, sending: request.sending, receiving });
    if (on) writes.kick.push(entry.login);
  }
  if (on && domain !== null && request.receiving) {
    warnings.push(turned ? allTurnedOff(domain) : noSwitch(domain, entries.length));
  }
  if (!on) {
    warnings.push(...stillDenied(entries, snapshot));
    if (domain === null) {
      const domains = [...new Set(entries.map((entry) => entry.domain))];
      warnings.push(...domains.filter((each) => isTurnedOff(snapshot, each)).map(staysOff));
    }
  }
  const touched = writes.rows.some((write) => write.key.value.toLowerCase() === domain);
  const targets = [...(domain !== null && touched ? [domain] : []), ...entries.map((entry) => entry.address)];
  return { writes, targets, warnings: capWarnings(warnings), undo: 'full', undoNote: undoEntries() };
}

const hasAccounts = (domain: string, { directory }: PlanContext): boolean =>
  directory.accounts.some((account) => account.domain === domain);

function stillDenied(entries: readonly AccountEntry[], snapshot: Snapshot): Text[] {
  const path = snapshot.layout.deny.domains;
  if (path === null) return [];
  const denied = new Set((snapshot.files.get(path) ?? '').split('\n').map((line) => line.split(':')[0]?.toLowerCase()));
  const domains = [...new Set(entries.map((entry) => entry.domain))].filter((domain) => denied.has(domain));
  return domains.map((domain) =>
    text(
      /*i18n*/ {
        id: 'accounts.warn.domain-denied',
        message: 'Logins of {domain} stay refused: the whole domain stands in {path}',
      },
      { domain, path },
    ),
  );
}

export function deleteAll(entries: readonly AccountEntry[], mail: MailFate, context: PlanContext): Planned {
  const { snapshot, directory, stamp } = context;
  const writes = noWrites();
  const index = accountIndex(snapshot);
  const warnings: Text[] = [];
  const gone = new Set(entries.map((entry) => entry.address));
  const location = snapshot.layout.dovecot.values.get('mail_location') ?? '';
  for (const entry of entries) {
    dropAccount(writes, index, entry);
    accessEdits(writes, snapshot, entry, { on: false, sending: true, receiving: true });
    writes.kick.push(entry.login);
    const folder = mail === 'keep' ? null : ownFolder(entry, index.all, location);
    if (mail !== 'keep' && folder === null) {
      warnings.push(
        text(
          /*i18n*/ {
            id: 'accounts.warn.kept',
            message: 'The mail of {address} stays where it is: {home} is not a folder of its own',
          },
          { address: entry.address, home: entry.home ?? '-' },
        ),
      );
    } else if (folder !== null && mail === 'remove') writes.removes.push(folder);
    else if (folder !== null) writes.moves.push({ from: folder, to: asideOf(folder, stamp) });
  }
  const left = directory.aliases.filter(
    (alias) => alias.enabled && !gone.has(alias.name) && alias.targets.some((target) => gone.has(target.toLowerCase())),
  );
  if (left.length > 0) {
    warnings.push(
      text(
        /*i18n*/ {
          id: 'accounts.warn.aliases-left',
          message: '{count, plural, one {# alias leads} other {# aliases lead}} to a deleted account, such as {alias}',
        },
        { count: left.length, alias: left[0]?.name ?? '' },
      ),
    );
  }
  const partial = mail === 'remove' && writes.removes.length > 0;
  return {
    writes,
    targets: entries.map((entry) => entry.address),
    warnings: capWarnings(warnings),
    undo: partial ? 'partial' : 'full',
    undoNote: partial
      ? text(
          /*i18n*/ {
            id: 'accounts.undo.removed',
            message:
              'Undo brings the accounts back with their passwords. The removed mail does not come back. It is possible for 90 days.',
          },
        )
      : text(
          /*i18n*/ {
            id: 'accounts.undo.deleted',
            message: 'Undo brings the accounts back with their passwords and their mail. It is possible for 90 days.',
          },
        ),
  };
}

/** A plan with ten thousand warnings warns of nothing. */
const MAX_WARNINGS = 20;
export const capWarnings = (warnings: Text[]): Text[] =>
  warnings.length <= MAX_WARNINGS
    ? warnings
    : [
        ...warnings.slice(0, MAX_WARNINGS),
        text(
          /*i18n*/ {
            id: 'accounts.warn.more',
            message: '{count, plural, one {# more warning} other {# more warnings}} of this kind',
          },
          { count: warnings.length - MAX_WARNINGS },
        ),
      ];
