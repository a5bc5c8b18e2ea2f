/** Preferences of users in spam filters: what this server keeps of one user, and the write that changes it. */
import type { Machine } from '#remote/machine.ts';
import type { Account, AccountRequest } from '#shared/model/account.ts';
import { Failure } from '#shared/model/failure.ts';
import { checkAddress } from '#shared/model/mail-address.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { FilterSettings, UserFilter } from '#shared/model/user-filter.ts';
import { noWrites, type Writes } from '../accounts/writes.ts';
import { askThreshold } from './apply.ts';
import { readRspamd, rspamdWrites, surveyRspamd } from './rspamd.ts';
import { filterWrite, nameFor, readSpamAssassin, warningOf } from './spamassassin.ts';
import { surveySpamAssassin } from './survey.ts';
import type { FilterWrite } from './writes.ts';

/**
 * What filters of this server keep of a user; empty: nothing.
 * @param rspamdFile local.d/settings.conf of rspamd; null: there is none
 */
export async function userFilters(
  machine: Machine,
  account: Account,
  rspamdFile: string | null,
  signal: AbortSignal,
): Promise<UserFilter[]> {
  const [setup, rspamd] = await Promise.all([surveySpamAssassin(machine, signal), surveyRspamd(machine, signal)]);
  const state = setup === null ? null : await readSpamAssassin(machine, setup, account, signal);
  return [
    ...(state === null ? [] : [state.filter]),
    ...(rspamd === null ? [] : [readRspamd(rspamd, account, rspamdFile).filter]),
  ];
}

/** Works out a request against the server as it is now. */
export async function planFilter(
  machine: Machine,
  account: Account,
  request: Extract<AccountRequest, { kind: 'accounts.filter' }>,
  rspamdFile: string | null,
  signal: AbortSignal,
): Promise<{ writes: Writes; warnings: Text[] }> {
  const settings = sound(request.settings);
  if (request.filter === 'rspamd') {
    const rspamd = await surveyRspamd(machine, signal);
    if (rspamd === null) throw notHere(request.filter);
    const before = readRspamd(rspamd, account, rspamdFile);
    const asked = { address: account.address, settings, exists: rspamdFile !== null };
    return rspamdWrites(rspamd, before, asked) ?? { writes: noWrites(), warnings: [] };
  }
  const setup = await surveySpamAssassin(machine, signal);
  const state = setup === null ? null : await readSpamAssassin(machine, setup, account, signal);
  if (setup === null || state === null) throw notHere(request.filter);
  const write = filterWrite(setup, state, account.address, settings);
  return {
    writes: { ...noWrites(), filters: write === null ? [] : [write] },
    warnings: warningOf(state, settings),
  };
}

/** Entries that do not stand as a change asked for by the filter's own word, although its file or table says so. */
export async function filterDisagrees(
  machine: Machine,
  write: FilterWrite,
  account: Account,
  signal: AbortSignal,
): Promise<string[]> {
  const setup = await surveySpamAssassin(machine, signal);
  if (setup === null || setup.reach === null) return [];
  const state = await readSpamAssassin(machine, setup, account, signal);
  const wanted = state?.filter.settings.threshold ?? null;
  if (wanted === null) return [];
  const told = await askThreshold(machine, setup.reach, nameFor(setup, account), signal);
  return told === null || told === wanted ? [] : [`${write.filter}: ${account.address} ${told}`];
}

/** Each sender once, in the form the filter compares with. A threshold in tenths, as filters print scores. */
function sound({ threshold, allow, deny }: FilterSettings): FilterSettings {
  const senders = (list: readonly string[]): string[] => [
    ...new Set(
      list.map((each) => {
        const sender = each.trim().toLowerCase();
        const checked = checkAddress(sender.startsWith('@') ? `x${sender}` : sender);
        if (!checked.ok) throw new Failure('BAD_INPUT', checked.problem);
        // these would stand for more than themselves in a file of preferences
        if (/[*?#]/.test(sender)) throw new Failure('BAD_INPUT', noPattern(sender));
        return sender;
      }),
    ),
  ];
  const found = {
    threshold: threshold === null ? null : Math.round(threshold * 10) / 10,
    allow: senders(allow),
    deny: senders(deny),
  };
  const both = found.allow.find((sender) => found.deny.includes(sender));
  if (both !== undefined) throw new Failure('BAD_INPUT', twice(both));
  return found;
}

const noPattern = (sender: string): Text =>
  text(
    /*i18n*/ {
      id: 'filter.pattern-sign',
      message: '{sender} has one of the signs * ? #, which filters read as more than a sign',
    },
    { sender },
  );

const twice = (sender: string): Text =>
  text(/*i18n*/ { id: 'filter.twice', message: '{sender} cannot be let in and kept out at once' }, { sender });

const notHere = (filter: string): Failure =>
  new Failure(
    'UNSUPPORTED',
    text(/*i18n*/ { id: 'filter.not-here', message: '{filter} keeps no settings of this user here' }, { filter }),
  );
