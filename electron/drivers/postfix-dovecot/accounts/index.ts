/** The verbs of accounts, aliases and domains for Postfix with Dovecot. */
import type {
  AccountVerbs,
  DirectoryApply,
  DirectoryListing,
  DirectoryPlan,
  DirectoryRequest,
  DirectoryState,
} from '../../accounts.ts';
import type { Watch } from '../../driver.ts';
import type { MailVerbs, MasterMail } from '../../mail.ts';
import type { Machine } from '#remote/machine.ts';
import { Failure } from '#shared/model/failure.ts';
import type { Mailbox } from '#shared/model/mailbox.ts';
import type { RouteStep } from '#shared/model/alias.ts';
import { checkAliasName } from '#shared/model/mail-address.ts';
import { type Text, text } from '#shared/model/text.ts';
import { mailVerbs, masterMail } from '../mailbox/index.ts';
import { filterDisagrees, planFilter, userFilters } from '../filters/index.ts';
import { followAccounts, rspamdDisagrees } from '../filters/rspamd.ts';
import { RSPAMD_SETTINGS } from '../filters/script.ts';
import { sieveOffers } from '../sieve/offers.ts';
import { readUser, settingsOf, sieveWrite } from '../sieve/user.ts';
import { applyWrites } from './apply.ts';
import { type Directory, directoryOf } from './directory.ts';
import { accountIndex } from './entries.ts';
import { hashPasswords, schemeFor } from './hash.ts';
import { type Layout, readLayout } from './layout.ts';
import { planAccounts, type Planned, undoEntries } from './plan-accounts.ts';
import { namesOf } from './names.ts';
import { planAliases } from './plan-aliases.ts';
import { planDomains } from './plan-domains.ts';
import { planExpiry } from './plan-expiry.ts';
import { planRename } from './plan-rename.ts';
import { readRecord, stateOf } from './record.ts';
import { routeOf } from './route.ts';
import { type Column, readSchema, readSnapshot, type Snapshot } from './snapshot.ts';
import { stepsOf } from './steps.ts';
import { editsMain, seenOf, targetsOf } from './touched.ts';
import { diffOf, invert, isEmpty, noWrites, settle, type Writes } from './writes.ts';

/** How long the server's configuration is taken as known; entries and rows are read anew each time. */
const LAYOUT_MS = 30_000;

/** Names of addresses are kept this long: they change with the DNS, and a dead resolver takes seconds to say so. */
const NAMES_MS = 600_000;

export class PostfixDovecotAccounts implements AccountVerbs {
  readonly mail: MailVerbs;
  readonly masterMail: MasterMail;
  readonly #machine: Machine;
  #kept: { layout: Layout; schema: Map<string, Column[]>; at: number } | null = null;

  #names: { asked: Set<string>; found: ReadonlyMap<string, string>; at: number } | null = null;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.mail = mailVerbs(machine);
    this.masterMail = masterMail(machine, async (signal) => (await this.#layout(signal)).dovecot);
  }

  async list(options: { usage: boolean; signal: AbortSignal }): Promise<DirectoryListing> {
    const snapshot = await this.#read(options.usage, options.signal);
    return this.#directory(snapshot);
  }

  async plan(request: DirectoryRequest, signal: AbortSignal): Promise<DirectoryPlan> {
    this.#doubtLayout(request);
    // what a domain takes with it is counted
    const snapshot = await this.#read(request.kind === 'domains.delete', signal);
    const unhashed = `{${scheme(snapshot)}}-`;
    const { planned } = await this.#work(request, snapshot, () => unhashed, 'plan', signal);
    return this.#described(planned, snapshot);
  }

  async apply(request: DirectoryRequest, options: DirectoryApply, watch: Watch): Promise<{ left: string[] }> {
    const { changeId, seen, passwords } = options;
    const hashes = new Map<string, string>();
    this.#doubtLayout(request);
    const snapshot = await this.#read(false, watch.signal);
    if (passwords.size > 0) {
      const addresses = [...passwords.keys()];
      const made = await hashPasswords(this.#machine, scheme(snapshot), [...passwords.values()], watch.signal);
      for (const [i, address] of addresses.entries()) hashes.set(address.toLowerCase(), made[i] ?? '');
    }
    const { planned } = await this.#work(request, snapshot, (address) => hashes.get(address), changeId, watch.signal);
    if (seenOf(planned.writes) !== seen) throw movedOn();
    return this.#write(planned.writes, changeId, watch);
  }

  async planUndo(changeId: string, signal: AbortSignal): Promise<DirectoryPlan> {
    const { planned, snapshot } = await this.#undoing(changeId, signal);
    return this.#described(planned, snapshot);
  }

  async applyUndo(
    undone: string,
    options: Omit<DirectoryApply, 'passwords'>,
    watch: Watch,
  ): Promise<{ left: string[] }> {
    const { planned } = await this.#undoing(undone, watch.signal);
    if (seenOf(planned.writes) !== options.seen) throw movedOn();
    return this.#write(planned.writes, options.changeId, watch);
  }

  async state(changeId: string, signal: AbortSignal): Promise<DirectoryState> {
    const record = await readRecord(this.#machine, changeId, signal);
    if (!record) return { after: 0, before: 0, neither: [], recorded: false };
    const snapshot = await this.#read(false, signal);
    const state = await stateOf(this.#machine, record, snapshot, signal);
    // what the file says is one thing, what the filter makes of it another
    if (state.before === 0) {
      const accounts = this.#directory(snapshot).accounts;
      for (const file of record.files) {
        if (file.path === RSPAMD_SETTINGS) state.neither.push(...(await rspamdDisagrees(this.#machine, file, signal)));
      }
      for (const write of record.filters ?? []) {
        const account = accounts.find(({ address }) => address === write.address);
        if (account) state.neither.push(...(await filterDisagrees(this.#machine, write, account, signal)));
      }
    }
    return state;
  }

  async mailbox(address: string, signal: AbortSignal): Promise<Mailbox> {
    const snapshot = await this.#read(true, signal);
    const account = this.#directory(snapshot).accounts.find((a) => a.address === address.trim().toLowerCase());
    if (!account) throw notFound(address);
    const { sieve, dovecot } = snapshot.layout;
    const [user, offers, filters] = await Promise.all([
      readUser(this.#machine, account.login, signal),
      sieve ? sieveOffers(this.#machine, dovecot, signal) : null,
      userFilters(this.#machine, account, snapshot.files.get(RSPAMD_SETTINGS) ?? null, signal),
    ]);
    const { folders, sessions } = user;
    const rest = { account, filters, folders, sessions, readable: true };
    if (offers === null) return { ...rest, sieve: { available: false, why: noSieve() } };
    return { ...rest, sieve: { available: true, ...settingsOf(user), offers, scripts: user.scripts } };
  }

  async addressNames(ips: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const fresh = this.#names !== null && performance.now() - this.#names.at < NAMES_MS;
    if (!fresh || ips.some((ip) => !this.#names?.asked.has(ip))) {
      this.#names = { asked: new Set(ips), found: await namesOf(this.#machine, ips, signal), at: performance.now() };
    }
    return this.#names?.found ?? new Map();
  }

  async route(address: string, signal: AbortSignal, from?: string): Promise<RouteStep[]> {
    const value = address.trim().toLowerCase();
    const checked = checkAliasName(value);
    if (!checked.ok && !/^[a-z0-9][a-z0-9._+-]{0,63}$/.test(value)) throw new Failure('BAD_INPUT', checked.problem);
    if (from !== undefined && /[\s\0]/.test(from)) throw new Failure('BAD_INPUT', badSender());
    return routeOf(this.#machine, await this.#layout(signal), value, signal, from);
  }

  async #layout(signal: AbortSignal): Promise<Layout> {
    if (this.#kept && performance.now() - this.#kept.at < LAYOUT_MS) return this.#kept.layout;
    const layout = await readLayout(this.#machine, signal);
    const schema = await readSchema(this.#machine, layout, signal);
    this.#kept = { layout, schema, at: performance.now() };
    return layout;
  }

  /** Requests that edit main.cf are judged by main.cf as it is, not as it was half a minute ago. */
  #doubtLayout(request: DirectoryRequest): void {
    if (request.kind === 'domains.outgoing' || request.kind === 'domains.delete') this.#kept = null;
  }

  async #write(writes: Writes, changeId: string, watch: Watch): Promise<{ left: string[] }> {
    try {
      const ran: Watch['ran'] = (command) => watch.ran(command);
      return await applyWrites(this.#machine, writes, { changeId, signal: watch.signal, ran });
    } finally {
      if (editsMain(writes)) this.#kept = null;
    }
  }

  async #read(usage: boolean, signal: AbortSignal): Promise<Snapshot> {
    const layout = await this.#layout(signal);
    return readSnapshot(this.#machine, layout, this.#kept?.schema ?? new Map(), { usage, signal });
  }

  #directory(snapshot: Snapshot): Directory {
    return directoryOf(snapshot, today());
  }

  /** Plans a request against the server as it is now. */
  async #work(
    request: DirectoryRequest,
    snapshot: Snapshot,
    hashOf: (address: string) => string | undefined,
    changeId: string,
    signal: AbortSignal,
  ): Promise<{ planned: Planned }> {
    const directory = this.#directory(snapshot);
    // asked by address; whether a password was prepared is judged by the caller that keeps them
    const hashes = { get: (address: string) => hashOf(address.trim().toLowerCase()) } as ReadonlyMap<string, string>;
    const sets =
      request.kind === 'accounts.add' || (request.kind === 'accounts.edit' && request.secretId !== undefined);
    const none: ReadonlyMap<string, string> = new Map();
    const context = { snapshot, directory, hashes: sets ? hashes : none, today: today(), stamp: changeId };
    switch (request.kind) {
      case 'aliases.add':
      case 'aliases.edit':
      case 'aliases.enable':
      case 'aliases.delete':
        return { planned: planAliases(request, context) };
      case 'domains.add':
      case 'domains.alias':
      case 'domains.outgoing':
        return { planned: planDomains(request, context) };
      case 'domains.delete': {
        const domain = request.domain.trim().toLowerCase();
        const gone = directory.accounts.filter((account) => account.domain === domain).map(({ address }) => address);
        return {
          planned: followed(planDomains(request, context), snapshot, new Map(gone.map((each) => [each, null]))),
        };
      }
      case 'accounts.sieve': {
        if (!snapshot.layout.sieve) throw new Failure('UNSUPPORTED', noSieve());
        const address = request.address.trim().toLowerCase();
        const account = accountIndex(snapshot).byAddress.get(address);
        if (!account) throw notFound(address);
        const [user, offers] = await Promise.all([
          readUser(this.#machine, account.login, signal),
          sieveOffers(this.#machine, snapshot.layout.dovecot, signal),
        ]);
        const writes: Writes = { ...noWrites(), sieve: [sieveWrite(account.login, user, request.settings, offers)] };
        return { planned: { writes, targets: [address], warnings: [], undo: 'full', undoNote: undoEntries() } };
      }
      case 'accounts.filter': {
        const address = request.address.trim().toLowerCase();
        const account = directory.accounts.find((each) => each.address === address);
        if (!account) throw notFound(address);
        const rspamdFile = snapshot.files.get(RSPAMD_SETTINGS) ?? null;
        const { writes, warnings } = await planFilter(this.#machine, account, request, rspamdFile, signal);
        return { planned: { writes, targets: [address], warnings, undo: 'full', undoNote: undoEntries() } };
      }
      case 'accounts.expiry':
        return { planned: planExpiry(request, context) };
      case 'accounts.rename':
        return {
          planned: followed(
            planRename(request, context),
            snapshot,
            new Map([[request.address.trim().toLowerCase(), request.to.trim().toLowerCase()]]),
          ),
        };
      case 'accounts.add':
      case 'accounts.edit':
      case 'accounts.block':
      case 'accounts.unblock':
        return { planned: planAccounts(request, context) };
      case 'accounts.delete': {
        const planned = planAccounts(request, context);
        return { planned: followed(planned, snapshot, new Map(planned.targets.map((each) => [each, null]))) };
      }
    }
  }

  async #undoing(changeId: string, signal: AbortSignal): Promise<{ planned: Planned; snapshot: Snapshot }> {
    const record = await readRecord(this.#machine, changeId, signal);
    if (!record) {
      throw new Failure(
        'NOT_FOUND',
        text(
          /*i18n*/ {
            id: 'accounts.no-record',
            message: 'The server no longer has the record this change would be undone from',
          },
        ),
      );
    }
    if (editsMain(record)) this.#kept = null;
    const snapshot = await this.#read(false, signal);
    const state = await stateOf(this.#machine, record, snapshot, signal);
    if (state.neither.length > 0 || (state.before > 0 && state.after > 0)) {
      throw new Failure(
        'UNSAFE',
        text(
          /*i18n*/ {
            id: 'accounts.undo.changed',
            message:
              '{count, plural, one {# entry has} other {# entries have}} been changed since, first {entry}: undoing would overwrite that',
          },
          { count: state.neither.length + state.before, entry: state.neither[0] ?? '-' },
        ),
        { detail: { changed: state.neither.slice(0, 100) } },
      );
    }
    const writes = settle(invert(record), snapshot.files);
    const undo = record.removes.length > 0 ? ('partial' as const) : ('full' as const);
    return { snapshot, planned: { writes, targets: targetsOf(record), warnings: [], undo, undoNote: undoEntries() } };
  }

  #described(planned: Planned, { files }: Snapshot): DirectoryPlan {
    const { writes, targets, warnings, undo, undoNote } = planned;
    if (isEmpty(writes)) {
      throw new Failure(
        'BAD_INPUT',
        text(/*i18n*/ { id: 'accounts.nothing', message: 'Everything is as asked for already' }),
      );
    }
    return {
      targets,
      seen: seenOf(writes),
      diff: diffOf(writes),
      steps: stepsOf(writes, files),
      warnings,
      undo,
      undoNote,
    };
  }
}

/** What a filter keeps by an address goes, or moves along, with the account. */
function followed(planned: Planned, { files }: Snapshot, gone: ReadonlyMap<string, string | null>): Planned {
  followAccounts(planned.writes, files.get(RSPAMD_SETTINGS) ?? '', gone);
  return planned;
}

const today = (): string => new Date().toISOString().slice(0, 10);

function scheme(snapshot: Snapshot): string {
  const store = snapshot.layout.accounts;
  const passwords = accountIndex(snapshot).all.map((account) =>
    account.kind === 'passwd-file'
      ? account.entry.password
      : account.kind === 'sql' && store?.kind === 'sql'
        ? (account.row[store.accounts.password] ?? '')
        : '',
  );
  // the system's own crypt(3) knows SHA512-CRYPT everywhere
  return store?.kind === 'system' || !store ? 'SHA512-CRYPT' : schemeFor(passwords, store.scheme);
}

const movedOn = (): Failure =>
  new Failure(
    'UNSAFE',
    text(
      /*i18n*/ {
        id: 'accounts.moved-on',
        message: 'What this change would replace is no longer what the plan showed. Nothing was written.',
      },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'accounts.plan-again',
          message: 'Look at the accounts as they are now, and plan the change again.',
        },
      ),
    },
  );

const notFound = (address: string): Failure =>
  new Failure(
    'NOT_FOUND',
    text(/*i18n*/ { id: 'accounts.no-such', message: 'There is no account {address}' }, { address }),
  );

const badSender = (): Text =>
  text(/*i18n*/ { id: 'accounts.bad-sender', message: 'An envelope sender holds no white space' });

const noSieve = (): Text =>
  text(
    /*i18n*/ {
      id: 'accounts.no-sieve',
      message: 'Dovecot delivers without its Sieve plugin (protocol lmtp, mail_plugins)',
    },
  );
