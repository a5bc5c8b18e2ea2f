/** Change kinds of accounts, aliases and domains: one plan, one script on the server, one record there to undo from. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { AccountVerbs, DirectoryPlan, DirectoryRequest } from '#drivers/accounts.ts';
import type { AnyDirectoryRequest } from '#shared/model/change-accounts.ts';
import { Failure } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { AnyKind, Kind, ReadContext } from '../changes/kind.ts';
import { accountVerbs, type Listings } from './listings.ts';
import type { Passwords } from './passwords.ts';
import { effectOf, titleOf } from './words.ts';

/** An address or entry; with what the plan saw there, and the name of the record that the change leaves on the server. */
const Target = z.object({ id: z.string(), seen: z.string(), record: z.string() });
type Target = z.infer<typeof Target>;

const KINDS: readonly AnyDirectoryRequest['kind'][] = [
  'accounts.add',
  'accounts.edit',
  'accounts.block',
  'accounts.unblock',
  'accounts.delete',
  'accounts.rename',
  'accounts.expiry',
  'accounts.sieve',
  'accounts.filter',
  'accounts.undo',
  'aliases.add',
  'aliases.edit',
  'aliases.enable',
  'aliases.delete',
  'domains.add',
  'domains.alias',
  'domains.delete',
  'domains.outgoing',
];

export interface AccountKindServices {
  listings: Listings;
  passwords: Passwords;
}

/** Each kind gets back only requests and targets of its own: the registry finds it by the request's kind. */
export function accountKinds(services: AccountKindServices): AnyKind[] {
  return KINDS.map((kind) => directoryKind(kind, services) as unknown as AnyKind);
}

const READ_BACK = text(/*i18n*/ { id: 'accounts.stage.verify', message: 'Read the entries again and compare' });

function directoryKind(
  kind: AnyDirectoryRequest['kind'],
  { listings, passwords }: AccountKindServices,
): Kind<AnyDirectoryRequest, Target> {
  return {
    kind,
    target: Target,
    recorded,
    undoes: (request) => (request.kind === 'accounts.undo' ? request.changeId : null),

    async plan({ request, server, session, signal }) {
      const verbs = accountVerbs(session);
      const planned = await planOf(verbs, request, passwords, signal);
      const record = randomUUID();
      return {
        title: titleOf(request, planned.targets.length, server.name),
        effect: effectOf(request),
        steps: planned.steps.map((step, i) => ({ id: i === 0 ? 'write' : `write-${i + 1}`, ...step })),
        diff: planned.diff,
        targets: planned.targets.map((id) => ({ id, seen: planned.seen, record })),
        size: 0,
        groups: [],
        groupsTotal: 0,
        warnings: planned.warnings,
        undo: planned.undo,
        undoNote: planned.undoNote,
        safeCopies: null,
        stages: [
          {
            id: 'write',
            title: text(/*i18n*/ { id: 'accounts.stage.write', message: 'Write' }),
            unit: null,
            total: null,
          },
          { id: 'verify', title: READ_BACK, unit: null, total: null },
        ],
        cancelLeaves: text(
          /*i18n*/ {
            id: 'accounts.cancel',
            message: 'Until the new files are renamed, nothing is changed; after that the change is whole.',
          },
        ),
      };
    },

    async apply({ request, targets, session, stage, tally }) {
      const [first] = targets;
      if (!first) return;
      const verbs = accountVerbs(session);
      const options = { changeId: first.record, seen: first.seen };
      const watch = stage('write', null);
      try {
        const { left } =
          request.kind === 'accounts.undo'
            ? await verbs.applyUndo(request.record, options, watch)
            : await verbs.apply(request, { ...options, passwords: secretsOf(request, passwords) }, watch);
        tally.done.push(...targets);
        const folders = left.filter((place) => place !== 'postfix-reload');
        if (folders.length > 0) tally.notes.push(leftNote(folders));
        if (folders.length < left.length) tally.notes.push(notReloaded());
      } finally {
        listings.forget(request.serverId);
      }
      if ('secretId' in request && request.secretId !== undefined) passwords.forget(request.secretId);
    },

    async verify(context, tally) {
      if (tally.done.length === 0) return { verified: null, notes: [] };
      const state = await stateOf(context);
      if (!state.recorded) return { verified: null, notes: [noRecord()] };
      const against = state.before + state.neither.length;
      if (against === 0) return { verified: true, notes: [] };
      return { verified: false, notes: [againstNote(against, state.neither[0] ?? '')] };
    },

    async reconcile(context) {
      const { targets } = context;
      const state = await stateOf(context);
      const whole = state.recorded && state.after > 0 && state.before === 0 && state.neither.length === 0;
      if (whole) return { done: [...targets], held: [], left: [], untold: 0, notes: [] };
      const untouched = !state.recorded || (state.after === 0 && state.neither.length === 0);
      const why = untouched
        ? text(/*i18n*/ { id: 'accounts.reconcile.none', message: 'Untouched: the change had not begun to write' })
        : text(
            /*i18n*/ {
              id: 'accounts.reconcile.part',
              message: 'It cannot be told: entries stand partly as before, partly as after',
            },
          );
      const notes = untouched ? [] : [againstNote(state.before + state.neither.length, state.neither[0] ?? '')];
      const left = targets.map((target) => ({ target, why }));
      return { done: [], held: [], left, untold: untouched ? 0 : left.length, notes };
    },

    inverse: (original, remaining) => {
      const [first] = remaining;
      if (!first) return null;
      const { id: changeId, serverId } = original.change;
      return { request: { kind: 'accounts.undo', serverId, changeId, record: first.record }, expected: remaining };
    },

    reach: ({ undo, undoNote }) => ({ undo, undoNote }),
  };
}

function planOf(
  verbs: AccountVerbs,
  request: AnyDirectoryRequest,
  passwords: Passwords,
  signal: AbortSignal,
): Promise<DirectoryPlan> {
  if (request.kind === 'accounts.undo') return verbs.planUndo(request.record, signal);
  needPasswords(request, passwords);
  return verbs.plan(request, signal);
}

/** A plan that could not run for want of passwords is not made. */
function needPasswords(request: DirectoryRequest, passwords: Passwords): void {
  if (!('secretId' in request) || request.secretId === undefined) return;
  const addresses =
    request.kind === 'accounts.add'
      ? request.accounts.map((account) => account.address)
      : request.target.by === 'addresses'
        ? request.target.addresses
        : [];
  if (
    addresses.length > 0 &&
    passwords.has(
      request.secretId,
      addresses.map((a) => a.trim().toLowerCase()),
    )
  )
    return;
  throw new Failure(
    'BAD_INPUT',
    text(
      /*i18n*/ {
        id: 'accounts.passwords-missing',
        message: 'Passwords are set for named accounts only, one prepared for each',
      },
    ),
  );
}

function secretsOf(request: DirectoryRequest, passwords: Passwords): ReadonlyMap<string, string> {
  return 'secretId' in request && request.secretId !== undefined ? passwords.take(request.secretId) : new Map();
}

/** What the journal keeps: who and what is in the list of targets, secrets nowhere. */
function recorded(request: AnyDirectoryRequest): unknown {
  switch (request.kind) {
    case 'accounts.add':
      return { ...request, accounts: request.accounts.length, secretId: undefined };
    case 'accounts.edit':
      return { ...request, target: request.target.by, secretId: request.secretId === undefined ? undefined : 'set' };
    case 'aliases.add':
      return { ...request, aliases: request.aliases.length };
    case 'accounts.block':
    case 'accounts.unblock':
    case 'accounts.delete':
      return { ...request, target: request.target.by };
    case 'aliases.enable':
    case 'aliases.delete':
      return { ...request, names: request.names.length };
    case 'accounts.expiry':
    case 'accounts.rename':
    case 'accounts.sieve':
    case 'accounts.filter':
    case 'accounts.undo':
    case 'aliases.edit':
    case 'domains.add':
    case 'domains.alias':
    case 'domains.delete':
    case 'domains.outgoing':
      return request;
  }
}

async function stateOf({ session, signal, targets }: ReadContext<AnyDirectoryRequest, Target>) {
  const [first] = targets;
  if (!first) return { after: 0, before: 0, neither: [], recorded: false };
  return accountVerbs(session).state(first.record, signal);
}

const noRecord = (): Text =>
  text(
    /*i18n*/ {
      id: 'accounts.verify.no-record',
      message: 'The record of the change is not on the server: it cannot be read back',
    },
  );

const againstNote = (count: number, entry: string): Text =>
  text(
    /*i18n*/ {
      id: 'accounts.verify.against',
      message:
        'Read back: {count, plural, one {# entry does} other {# entries do}} not stand as asked for, first {entry}',
    },
    { count, entry: entry === '' ? '-' : entry },
  );

const notReloaded = (): Text =>
  text(
    /*i18n*/ {
      id: 'accounts.note.reload',
      message: 'Postfix could not be reloaded. It goes on with its old configuration until it is: postfix reload',
    },
  );

const leftNote = (left: readonly string[]): Text =>
  text(
    /*i18n*/ {
      id: 'accounts.note.left',
      message:
        '{count, plural, one {# folder was} other {# folders were}} left where they are, because a link or another folder is in the way: {folder}',
    },
    { count: left.length, folder: left[0] ?? '' },
  );
