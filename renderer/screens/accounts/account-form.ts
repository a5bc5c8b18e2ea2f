import type { Account, AccountRequest } from '#shared/model/account.ts';
import {
  checkAccountName,
  checkAddress,
  checkDate,
  checkDisplayName,
  checkPassword,
  parseQuota,
} from '#shared/model/mail-address.ts';
import type { SieveSettings } from '#shared/model/sieve.ts';
import { type Text, text } from '#shared/model/text.ts';
import { FilterSettings, type FilterName, type UserFilter } from '#shared/model/user-filter.ts';
import { quotaText } from './sizes.ts';

/** What has been typed over an account; absent: as it is. */
export interface AccountEdits {
  address?: string;
  name?: string;
  blocked?: boolean;
  sending?: boolean;
  receiving?: boolean;
  password?: string;
  quota?: string;
  expires?: string;
  sieve?: SieveSettings;
  filters?: Partial<Record<FilterName, FilterSettings>>;
}

export type AccountField = keyof AccountEdits;

const same: { [Field in AccountField]?: (account: Account, value: never) => boolean } = {
  address: (account, value: string) => value.trim().toLowerCase() === account.address,
  name: (account, value: string) => value.trim() === (account.name ?? ''),
  blocked: (account, value: boolean) => value === account.blocked,
  sending: (account, value: boolean) => value === account.blocks.sending,
  receiving: (account, value: boolean) => value === account.blocks.receiving,
  quota: (account, value: string) => {
    const parsed = parseQuota(value);
    return parsed.ok && parsed.value === account.quota;
  },
  expires: (account, value: string) => value.trim() === (account.expires ?? ''),
  password: (_, value: string) => value === '',
};

/** Sections of the rules that differ. */
export function sieveChanges(before: SieveSettings | null, after: SieveSettings | undefined): (keyof SieveSettings)[] {
  if (before === null || after === undefined) return [];
  const sections = Object.keys(after) as (keyof SieveSettings)[];
  return sections.filter((section) => JSON.stringify(before[section]) !== JSON.stringify(after[section]));
}

/** Filters whose settings were typed over, and differ. */
export function filterChanges(filters: readonly UserFilter[], edits: AccountEdits): UserFilter[] {
  return filters.filter(({ name, settings }) => {
    const typed = edits.filters?.[name];
    return typed !== undefined && JSON.stringify(typed) !== JSON.stringify(settings);
  });
}

/** What keeps settings of a filter from being written; null: they can be. */
export function filterProblem(settings: FilterSettings): Text | null {
  for (const sender of [...settings.allow, ...settings.deny]) {
    const checked = checkAddress(sender.startsWith('@') ? `x${sender}` : sender);
    if (!checked.ok) return checked.problem;
  }
  const parsed = FilterSettings.safeParse(settings);
  if (parsed.success) return null;
  const issue = parsed.error.issues[0];
  return text(
    /*i18n*/ { id: 'filter-form.other', message: 'These settings cannot be written: {where} {why}' },
    { where: issue?.path.join('.') ?? '', why: issue?.message ?? '' },
  );
}

/** The fields that really differ from what stands on the server. */
export function changedFields(account: Account, edits: AccountEdits): AccountField[] {
  return (Object.keys(edits) as AccountField[]).filter((field) => {
    const value = edits[field];
    if (value === undefined || field === 'sieve' || field === 'filters') return false;
    // Levels say something only about an account that is, or becomes, blocked.
    if ((field === 'sending' || field === 'receiving') && !(edits.blocked ?? account.blocked)) return false;
    return same[field]?.(account, value as never) === false;
  });
}

/** What is wrong with each field, as the server will judge it. */
export function accountProblems(
  edits: AccountEdits,
  fields: readonly AccountField[],
): Partial<Record<AccountField, Text>> {
  const found: Partial<Record<AccountField, Text>> = {};
  const judge = (field: AccountField, checked: { ok: true } | { ok: false; problem: Text }) => {
    if (fields.includes(field) && !checked.ok) found[field] = checked.problem;
  };
  judge('address', checkAccountName(edits.address ?? ''));
  judge('name', checkDisplayName(edits.name ?? ''));
  judge('password', checkPassword(edits.password ?? ''));
  judge('quota', parseQuota(edits.quota ?? ''));
  if ((edits.expires ?? '').trim() !== '') judge('expires', checkDate(edits.expires ?? ''));
  return found;
}

/**
 * The changes of a form, each a plan of its own, in an order in which each still finds the account: what it is, what
 * is refused, its rules, and its address last.
 */
export function accountRequests(
  serverId: string,
  account: Account,
  edits: AccountEdits,
  { sieve, filters }: { sieve: SieveSettings | null; filters: readonly UserFilter[] },
  secretId: string | null,
): AccountRequest[] {
  const fields = changedFields(account, edits);
  const has = (field: AccountField) => fields.includes(field);
  const target = { by: 'addresses' as const, addresses: [account.address] };
  const requests: AccountRequest[] = [];
  if (has('name') || has('quota') || has('expires') || has('password')) {
    const quota = parseQuota(edits.quota ?? '');
    const name = (edits.name ?? '').trim();
    const expires = (edits.expires ?? '').trim();
    requests.push({
      kind: 'accounts.edit',
      serverId,
      target,
      ...(has('name') ? { name: name === '' ? null : name } : {}),
      ...(has('quota') && quota.ok ? { quota: quota.value } : {}),
      ...(has('expires') ? { expires: expires === '' ? null : expires } : {}),
      ...(has('password') && secretId !== null ? { secretId } : {}),
    });
  }
  if (has('blocked') || has('sending') || has('receiving')) {
    const blocked = edits.blocked ?? account.blocked;
    const sending = edits.sending ?? account.blocks.sending;
    const receiving = edits.receiving ?? account.blocks.receiving;
    // A block only adds; to refuse less, all of it is lifted first.
    const less = (account.blocks.sending && !sending) || (account.blocks.receiving && !receiving);
    if (!blocked || less) requests.push({ kind: 'accounts.unblock', serverId, target });
    if (blocked) requests.push({ kind: 'accounts.block', serverId, target, sending, receiving });
  }
  if (edits.sieve !== undefined && sieveChanges(sieve, edits.sieve).length > 0) {
    requests.push({ kind: 'accounts.sieve', serverId, address: account.address, settings: edits.sieve });
  }
  for (const { name } of filterChanges(filters, edits)) {
    const settings = edits.filters?.[name];
    if (settings === undefined) continue;
    requests.push({ kind: 'accounts.filter', serverId, address: account.address, filter: name, settings });
  }
  if (has('address')) {
    const to = (edits.address ?? '').trim().toLowerCase();
    requests.push({ kind: 'accounts.rename', serverId, address: account.address, to, alias: true });
  }
  return requests;
}

/** What a form shows for a field: what was typed, else what stands on the server. */
export function shown(account: Account, edits: AccountEdits) {
  return {
    address: edits.address ?? account.address,
    name: edits.name ?? account.name ?? '',
    blocked: edits.blocked ?? account.blocked,
    sending: edits.sending ?? account.blocks.sending,
    receiving: edits.receiving ?? account.blocks.receiving,
    quota: edits.quota ?? quotaText(account.quota),
    expires: edits.expires ?? account.expires ?? '',
  };
}

export type AccountState = 'active' | 'full' | 'expired' | 'no-login' | 'receive-only' | 'off' | 'partly';

/** The one word of the list. What is refused says more than a full mailbox. */
export function stateOf({ blocked, blocks, expired, share }: Account): AccountState {
  if (blocked || blocks.login || blocks.sending || blocks.receiving) {
    if (blocks.login && blocks.sending && blocks.receiving) return 'off';
    if (blocks.login && blocks.sending) return 'receive-only';
    return blocks.login && !blocks.receiving ? 'no-login' : 'partly';
  }
  if (expired) return 'expired';
  return share !== null && share >= 1 ? 'full' : 'active';
}
