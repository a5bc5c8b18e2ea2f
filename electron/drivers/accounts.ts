/** Accounts, aliases and domains of one server, as its driver sees them. */
import type { Account, AccountAbilities, AccountRequest } from '#shared/model/account.ts';
import type { Alias, AliasRequest, RouteStep } from '#shared/model/alias.ts';
import type { DomainAbilities, DomainRequest, MailDomain, Outgoing } from '#shared/model/domain.ts';
import type { Mailbox } from '#shared/model/mailbox.ts';
import type { Text } from '#shared/model/text.ts';
import type { StepPreview, Watch } from './driver.ts';
import type { MailVerbs, MasterMail } from './mail.ts';

export type DirectoryRequest = AccountRequest | AliasRequest | DomainRequest;

export interface DirectoryListing {
  accounts: Account[];
  aliases: Alias[];
  domains: MailDomain[];
  outgoing: Outgoing;
  domainAbilities: DomainAbilities;
  abilities: AccountAbilities | null;
  notes: Text[];
}

export interface DirectoryDiff {
  place: string;
  lines: { sign: '-' | '+'; text: string }[];
  more: number;
}

export interface DirectoryPlan {
  targets: string[];
  /** Stands for everything the change would replace, as it is now. The same request plans to the same value until then. */
  seen: string;
  diff: DirectoryDiff[];
  steps: (StepPreview & { title: Text })[];
  warnings: Text[];
  undo: 'full' | 'partial' | 'none';
  undoNote: Text;
}

/** How the server stands to a recorded change. */
export interface DirectoryState {
  /** Places (entries, rows) that are as after the change, as before it, and as neither. */
  after: number;
  before: number;
  neither: string[];
  /** The record is on the server. */
  recorded: boolean;
}

export interface DirectoryApply {
  changeId: string;
  /** DirectoryPlan.seen of the plan that was agreed to. */
  seen: string;
  /** Clear passwords by address, for requests that set them. Hashed on the way, never logged or recorded. */
  passwords: ReadonlyMap<string, string>;
}

export interface AccountVerbs {
  /** Everything in one remote reading. `usage` opens every mailbox's index and takes longer. */
  list(options: { usage: boolean; signal: AbortSignal }): Promise<DirectoryListing>;
  /** Works out a request. Throws BAD_INPUT, NOT_FOUND or UNSUPPORTED with what is wrong. */
  plan(request: DirectoryRequest, signal: AbortSignal): Promise<DirectoryPlan>;
  /** Throws UNSAFE, with nothing written, when the server has moved on since the plan. Answers folders left alone. */
  apply(request: DirectoryRequest, options: DirectoryApply, watch: Watch): Promise<{ left: string[] }>;
  /** Plans taking back a change recorded on the server under this id. NOT_FOUND when there is no record. */
  planUndo(changeId: string, signal: AbortSignal): Promise<DirectoryPlan>;
  applyUndo(undone: string, options: Omit<DirectoryApply, 'passwords'>, watch: Watch): Promise<{ left: string[] }>;
  /** Compares the server with a recorded change: by files, tables, and what the maps and the login service answer. */
  state(changeId: string, signal: AbortSignal): Promise<DirectoryState>;
  /** One account as its user has it: rules, folders, sessions. */
  mailbox(address: string, signal: AbortSignal): Promise<Mailbox>;
  /** Names in DNS (PTR) of the server's own addresses, as the server resolves them. Addresses without one are left out. */
  addressNames(ips: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /** Where mail to an address goes, asked from the server's own tables. */
  route(address: string, signal: AbortSignal, from?: string): Promise<RouteStep[]>;
  /** Absent: messages cannot be looked at from here. */
  readonly mail?: MailVerbs;
  /** Absent: nobody can log in as another here. */
  readonly masterMail?: MasterMail;
}
