/** Accounts, aliases and domains of the demo server: entries in memory, written and taken back like a server's. */
import { createHash } from 'node:crypto';
import type { RouteStep } from '#shared/model/alias.ts';
import { Failure } from '#shared/model/failure.ts';
import type { Mailbox } from '#shared/model/mailbox.ts';
import { NO_SIEVE } from '#shared/model/sieve.ts';
import { NO_FILTER } from '#shared/model/user-filter.ts';
import { text } from '#shared/model/text.ts';
import type { AccountVerbs, DirectoryPlan, DirectoryState } from '../../accounts.ts';
import type { Watch } from '../../driver.ts';
import { DemoEntries, type Edit, same } from './entries.ts';
import { domainOf, listingOf, next } from './listing.ts';
import { demoMail, foldersOf } from './mail.ts';
import { editsOf } from './plan.ts';
import { HOST_ADDRESSES } from './seed.ts';

/** Lines of a diff that are shown. */
const DIFF_LINES = 200;
/** Hops followed to tell where mail goes. */
const HOPS = 50;

export function demoAccounts(stateFile: string | null): AccountVerbs {
  const entries = new DemoEntries(stateFile === null ? null : `${stateFile}.accounts`);
  // times are told from here, so that two readings tell the same
  const opened = Date.now();
  const listing = () => listingOf(entries.all(), opened);

  const write = (changeId: string, edits: readonly Edit[], seen: string, watch: Watch): { left: string[] } => {
    if (seenOf(edits) !== seen || !entries.write(changeId, edits)) throw movedOn();
    watch.ran({ command: commandOf(edits), stdin: null, exit: 0, signal: null, ms: 0, output: '' });
    return { left: [] };
  };
  const undoing = (changeId: string): Edit[] => {
    const record = entries.record(changeId);
    if (record === null) throw noRecord();
    const now = entries.all();
    const changed = record.filter(({ key, after }) => !same(now.get(key) ?? null, after));
    if (changed.length === 0) return record.map(({ key, before, after }) => ({ key, before: after, after: before }));
    throw new Failure(
      'UNSAFE',
      text(
        /*i18n*/ {
          id: 'accounts.undo.changed',
          message:
            '{count, plural, one {# entry has} other {# entries have}} been changed since, first {entry}: undoing would overwrite that',
        },
        { count: changed.length, entry: changed[0]?.key ?? '-' },
      ),
    );
  };

  return {
    list: () => Promise.resolve(listing()),
    plan: async (request) => planOf(editsOf(request, entries.all(), 'plan')),
    apply: async (request, { changeId, seen }, watch) =>
      write(changeId, editsOf(request, entries.all(), changeId), seen, watch),
    planUndo: async (changeId) => planOf(undoing(changeId)),
    applyUndo: async (undone, { changeId, seen }, watch) => write(changeId, undoing(undone), seen, watch),
    state: async (changeId): Promise<DirectoryState> => {
      const record = entries.record(changeId);
      if (record === null) return { after: 0, before: 0, neither: [], recorded: false };
      const now = entries.all();
      const stands = (edit: Edit, how: 'before' | 'after'): boolean => same(now.get(edit.key) ?? null, edit[how]);
      const after = record.filter((edit) => stands(edit, 'after'));
      const before = record.filter((edit) => stands(edit, 'before'));
      const neither = record.filter((edit) => !stands(edit, 'after') && !stands(edit, 'before'));
      return { after: after.length, before: before.length, neither: neither.map(({ key }) => key), recorded: true };
    },
    mailbox: async (address): Promise<Mailbox> => {
      const wanted = address.trim().toLowerCase();
      const account = listing().accounts.find((each) => each.address === wanted);
      if (!account) {
        throw new Failure(
          'NOT_FOUND',
          text(/*i18n*/ { id: 'accounts.no-such', message: 'There is no account {address}' }, { address }),
        );
      }
      const rules = entries.all().get(`rules:${wanted}`);
      const filter = entries.all().get(`filter:${wanted}`);
      return {
        account,
        sieve: {
          available: true,
          settings: rules?.kind === 'rules' ? rules.rules : NO_SIEVE,
          offers: {
            spam: { available: true, by: 'rspamd', refusedAt: 15 },
            notify: { available: true },
            hooks: {
              available: false,
              why: text(/*i18n*/ { id: 'demo.no-programs', message: 'The demo server runs no programs' }),
            },
          },
          previous: null,
          scripts: [],
          changedByHand: false,
        },
        filters: [
          {
            name: 'rspamd',
            place: '/etc/rspamd/local.d/settings.conf',
            settings: filter?.kind === 'filter' ? filter.filter : NO_FILTER,
            byHand: [],
            usual: 6,
            readOnly: null,
            note: null,
          },
        ],
        folders: foldersOf(account.messages ?? 0),
        sessions: [],
        readable: true,
      };
    },
    addressNames: async (ips) =>
      new Map(
        HOST_ADDRESSES.flatMap(({ ip, name }) => (name !== null && ips.includes(ip) ? [[ip, name] as const] : [])),
      ),
    route: async (address) => routeOf(address.trim().toLowerCase()),
    mail: demoMail(entries),
  };

  function routeOf(start: string): RouteStep[] {
    const now = entries.all();
    const steps: RouteStep[] = [];
    const seen = new Set<string>();
    let round = [start];
    for (let depth = 0; round.length > 0 && steps.length < HOPS; depth += 1) {
      const coming: string[] = [];
      for (const at of round) {
        if (seen.has(at)) {
          if (at === start) steps.push({ address: at, depth, kind: 'loop', to: [], by: '' });
          continue;
        }
        seen.add(at);
        const push = (kind: RouteStep['kind'], to: string[], by: string): void => {
          steps.push({ address: at, depth, kind, to, by });
          coming.push(...to.filter((target) => target !== at));
        };
        const domain = now.get(`domain:${domainOf(at)}`);
        const on = next(at, now);
        const rules = now.get(`rules:${at}`);
        const forward = rules?.kind === 'rules' ? (rules.rules.forward?.to ?? []) : [];
        if (domain === undefined) push('relay', [], 'smtp');
        else if (domain.kind === 'domain' && domain.domain.aliasOf !== null) {
          push('alias-domain', [`${at.slice(0, at.lastIndexOf('@'))}@${domain.domain.aliasOf}`], 'memory');
        } else if (on !== null) push(on.by === 'alias' ? 'alias' : 'catch-all', [...on.to], 'memory');
        else if (now.has(`account:${at}`)) {
          if (forward.length > 0) push('forward', [...forward], 'sieve');
          push('mailbox', [], 'memory');
        } else push('unknown', [], 'memory');
      }
      round = coming;
    }
    return steps;
  }
}

const seenOf = (edits: readonly Edit[]): string =>
  createHash('sha256')
    .update(JSON.stringify(edits.map(({ key, before }) => [key, before])))
    .digest('hex')
    .slice(0, 32);

const commandOf = (edits: readonly Edit[]): string => `demo: ${edits.length} entries in memory`;

function planOf(edits: readonly Edit[]): DirectoryPlan {
  if (edits.length === 0) {
    throw new Failure(
      'BAD_INPUT',
      text(/*i18n*/ { id: 'accounts.nothing', message: 'Everything is as asked for already' }),
    );
  }
  const lines = edits.flatMap(({ key, before, after }) => [
    ...(before === null ? [] : [{ sign: '-' as const, text: lineOf(key, before) }]),
    ...(after === null ? [] : [{ sign: '+' as const, text: lineOf(key, after) }]),
  ]);
  return {
    targets: [...new Set(edits.map(({ key }) => key.slice(key.indexOf(':') + 1) || 'demo'))],
    seen: seenOf(edits),
    diff: [{ place: 'memory', lines: lines.slice(0, DIFF_LINES), more: Math.max(0, lines.length - DIFF_LINES) }],
    steps: [
      {
        title: text(/*i18n*/ { id: 'demo.accounts.write', message: 'Write the entries in memory' }),
        command: commandOf(edits),
        stdin: null,
      },
    ],
    warnings: [],
    undo: 'full',
    undoNote: text(/*i18n*/ { id: 'demo.accounts.undo', message: 'Undo puts back each entry as it was' }),
  };
}

/** An entry as one line; what stands for a password is covered. */
function lineOf(key: string, value: NonNullable<Edit['before']>): string {
  const { kind: _, ...rest } = value;
  return `${key} ${JSON.stringify(rest, (name, part: unknown) => (name === 'secret' && part !== '' ? '…' : part))}`;
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
  );

const noRecord = (): Failure =>
  new Failure(
    'NOT_FOUND',
    text(
      /*i18n*/ {
        id: 'accounts.no-record',
        message: 'The server no longer has the record this change would be undone from',
      },
    ),
  );
