/** What can be written where accounts live, and why not where it cannot. Pure. */
import type { AccountAbilities } from '#shared/model/account.ts';
import type { DomainAbilities } from '#shared/model/domain.ts';
import { type Text, text } from '#shared/model/text.ts';
import { NAME_COLUMN } from './fields.ts';
import { aliasDomainPlace } from './alias-domains.ts';
import { untilColumn } from './until.ts';
import { expiryOf } from './expiry-job.ts';
import { outgoingAbilities } from './outgoing.ts';
import { type Snapshot, tableId } from './snapshot.ts';

/** What can be written, from the layout and the tables' columns. */
export function abilitiesOf(snapshot: Snapshot): AccountAbilities | null {
  const { layout } = snapshot;
  const lastLogin = layout.lastLogins !== null;
  const access = {
    lastLogin,
    blockSending: layout.senderAccess !== null,
    blockReceiving: layout.recipientAccess !== null,
  };
  const all = { add: true, password: true, name: true, block: true, delete: true, rename: true };
  const why: Text[] = [];
  if (!access.blockSending) {
    why.push(
      text(
        /*i18n*/ {
          id: 'accounts.why.sender-access',
          message: 'Sending cannot be blocked by sender: no smtpd restriction uses check_sender_access with a file',
        },
      ),
    );
  }
  switch (layout.accounts?.kind) {
    case undefined:
      return null;
    case 'passwd-file': {
      if (!access.blockReceiving) why.push(noRecipientAccess());
      return {
        backend: 'passwd-file',
        place: layout.accounts.path,
        ...all,
        quota: true,
        expires: true,
        expiry: expiryOf(snapshot),
        ...access,
        why,
      };
    }
    case 'system':
      if (!access.blockReceiving) why.push(noRecipientAccess());
      return {
        backend: 'system',
        place: '/etc/passwd',
        ...all,
        quota: false,
        expires: true,
        expiry: expiryOf(snapshot),
        ...access,
        why,
      };
    case 'sql': {
      const { accounts } = layout.accounts;
      const columns = snapshot.tables.get(tableId(accounts.place, accounts.table))?.columns ?? [];
      const unknown = unknownColumns(snapshot);
      if (unknown.length > 0) {
        why.push(
          text(
            /*i18n*/ {
              id: 'accounts.why.columns',
              message: 'Accounts cannot be added: columns {columns} need values that no query tells of',
            },
            { columns: unknown.slice(0, 5).join(', ') },
          ),
        );
      }
      const expires = untilColumn(snapshot) !== null;
      const expiry = expiryOf(snapshot);
      if (!expires && expiry.why !== null) why.push(expiry.why);
      return {
        backend: 'sql',
        place: `${accounts.place.database}.${accounts.table}`,
        ...all,
        add: unknown.length === 0,
        rename: unknown.length === 0,
        quota: accounts.quota !== null,
        name: columns.some((column) => column.name === NAME_COLUMN),
        expires,
        expiry,
        ...access,
        blockReceiving: access.blockReceiving || accounts.active !== null,
        why,
      };
    }
  }
}

/** What can be written about domains. */
export function domainAbilitiesOf(snapshot: Snapshot): DomainAbilities {
  const { outgoing, outgoingDefault, why } = outgoingAbilities(snapshot);
  const add = snapshot.layout.domains.some((store) => store.kind === 'file' || store.kind === 'sql');
  const alias = aliasDomainPlace(snapshot) !== null;
  const reasons: Text[] = [];
  if (!add) {
    reasons.push(
      text(
        /*i18n*/ {
          id: 'domains.why.add',
          message: 'Domains cannot be added: virtual_mailbox_domains has no table this console can write',
        },
      ),
    );
  }
  if (!alias) {
    reasons.push(
      text(
        /*i18n*/ {
          id: 'domains.why.alias',
          message:
            'Alias domains cannot be added: neither a file nor PostfixAdmin’s table alias_domain is asked by virtual_alias_maps',
        },
      ),
    );
  }
  return { add, alias, outgoing, outgoingDefault, why: [...reasons, ...why] };
}

const noRecipientAccess = (): Text =>
  text(
    /*i18n*/ {
      id: 'accounts.why.recipient-access',
      message: 'Receiving cannot be blocked: no smtpd restriction uses check_recipient_access with a file',
    },
  );

/** Columns of the accounts' table that must have a value and that nothing we know fills. */
export function unknownColumns(snapshot: Snapshot): string[] {
  const store = snapshot.layout.accounts;
  if (store?.kind !== 'sql') return [];
  const { accounts } = store;
  const known = new Set(['local_part', 'domain', 'maildir', NAME_COLUMN, 'created', 'modified']);
  for (const name of [
    accounts.key,
    accounts.password,
    accounts.quota,
    accounts.active?.column,
    accounts.home?.column,
    accounts.until?.column,
  ]) {
    if (name) known.add(name);
  }
  const columns = snapshot.tables.get(tableId(accounts.place, accounts.table))?.columns ?? [];
  return columns.filter((c) => !c.nullable && !c.hasDefault && !known.has(c.name)).map((c) => c.name);
}
