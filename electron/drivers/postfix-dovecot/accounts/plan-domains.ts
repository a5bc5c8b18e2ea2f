/** Works out the writes of domain requests from a snapshot. Pure. */
import { assertNever } from '#shared/model/assert-never.ts';
import type { MailFate } from '#shared/model/account.ts';
import type { DomainRequest, MailDomain } from '#shared/model/domain.ts';
import { Failure } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import { formatEntry } from '../maps/map-source.ts';
import type { Row } from '../sql/client.ts';
import { domainAbilitiesOf } from './abilities.ts';
import { aliasDomainPlace, aliasDomainRows, aliasDomains } from './alias-domains.ts';
import { accountIndex } from './entries.ts';
import { deleteAll, type PlanContext, type Planned } from './plan-accounts.ts';
import { refuse, sound, unsupported } from './refusals.ts';
import { findAlias, inFile, remove } from './plan-aliases.ts';
import { dropOutgoing, planOutgoing } from './plan-outgoing.ts';
import { type Snapshot, tableId } from './snapshot.ts';
import { row } from './write-account.ts';
import { addEdit, noWrites, type Writes } from './writes.ts';

const undoNote = (): Text =>
  text(
    /*i18n*/ {
      id: 'aliases.undo',
      message: 'Undo puts back each entry as it was, unless somebody has changed it since. It is possible for 90 days.',
    },
  );

export function planDomains(request: DomainRequest, context: PlanContext): Planned {
  const { snapshot, directory } = context;
  if (request.kind === 'domains.outgoing') return planOutgoing(request, context);
  const domain = sound(request.domain);
  const known = directory.domains.find((entry) => entry.domain === domain);
  switch (request.kind) {
    case 'domains.add': {
      if (known) {
        const problem = text(
          /*i18n*/ { id: 'domains.exists', message: 'The server takes mail for this domain already' },
        );
        refuse([{ address: domain, problem }]);
      }
      const writes = noWrites();
      addDomain(writes, snapshot, domain);
      return { writes, targets: [domain], warnings: [], undo: 'full', undoNote: undoNote() };
    }
    case 'domains.alias':
      return addAliasDomain(domain, sound(request.to), context);
    case 'domains.delete': {
      if (!known?.editable) {
        throw new Failure(
          known ? 'UNSUPPORTED' : 'NOT_FOUND',
          known
            ? text(
                /*i18n*/ {
                  id: 'domains.main-cf',
                  message: '{domain} stands in {source}, which this console does not write',
                },
                { domain, source: known.source },
              )
            : text(
                /*i18n*/ { id: 'domains.not-found', message: 'The server does not take mail for {domain}' },
                { domain },
              ),
        );
      }
      const own = accountIndex(snapshot).all.filter((account) => account.domain === domain);
      const planned = deleteAll(own, request.mail, context);
      for (const alias of directory.aliases) {
        if (alias.domain !== domain || !alias.name.includes('@')) continue;
        const place = findAlias(snapshot, alias.name);
        if (place && alias.editable) remove(planned.writes, place, alias.name, snapshot);
      }
      removeAliasDomain(planned.writes, snapshot, domain);
      const led = directory.domains.filter((entry) => entry.aliasOf === domain).map((entry) => entry.domain);
      if (led.length > 0) planned.warnings.push(leadsNowhere(led, domain));
      removeDomain(planned.writes, snapshot, domain);
      dropOutgoing(planned.writes, snapshot, domain);
      planned.warnings.unshift(...whatGoes(known, request.mail));
      return { ...planned, targets: [domain, ...planned.targets] };
    }
    default:
      return assertNever(request, 'domain request');
  }
}

/** What a domain takes with it, counted; nothing for one that has nothing. */
function whatGoes({ accounts, aliases, used }: MailDomain, mail: MailFate): Text[] {
  if (accounts + aliases === 0) return [];
  const values = { accounts, aliases, megabytes: Math.ceil((used ?? 0) / 1_000_000) };
  if (mail !== 'remove' || used === null) {
    return [
      text(
        /*i18n*/ {
          id: 'domains.warn.goes',
          message:
            'With it {accounts, plural, one {# account} other {# accounts}} and {aliases, plural, one {# alias} other {# aliases}} are deleted',
        },
        values,
      ),
    ];
  }
  return [
    text(
      /*i18n*/ {
        id: 'domains.warn.lost',
        message:
          'With it {accounts, plural, one {# account} other {# accounts}}, {aliases, plural, one {# alias} other {# aliases}} and {megabytes, number} MB of mail are lost',
      },
      values,
    ),
  ];
}

const leadsNowhere = (domains: readonly string[], target: string): Text =>
  text(
    /*i18n*/ {
      id: 'domains.warn.alias-of',
      message:
        '{count, plural, one {An alias domain leads} other {# alias domains lead}} to {target} and would lead nowhere: {domain}',
    },
    { count: domains.length, target, domain: domains[0] ?? '' },
  );

function addAliasDomain(domain: string, target: string, context: PlanContext): Planned {
  const { snapshot, directory } = context;
  const place = aliasDomainPlace(snapshot);
  if (place === null) throw unsupported(domainAbilitiesOf(snapshot).why[0] ?? null);
  const known = directory.domains.find((entry) => entry.domain === domain);
  const problem = aliasProblem(domain, target, context);
  if (problem) refuse([{ address: domain, problem }]);
  const writes = noWrites();
  if (!known) addDomain(writes, snapshot, domain);
  if (place.kind === 'file') {
    const { type: map, spec: path } = place.ref;
    const before = inFile(snapshot, path, map, 'map', `@${domain}`);
    if (before) refuse([{ address: `@${domain}`, problem: aliasThere() }]);
    const after = formatEntry(`@${domain}`, `@${target}`, 'map');
    addEdit(writes, { path, format: 'map', map }, { key: `@${domain}`, before: null, after });
  } else {
    const { table, read } = place;
    const value: Row = { [table.key]: domain, [table.value ?? '']: target };
    if (table.active) value[table.active.column] = table.active.on;
    writes.rows.push(row(table, read.columns, domain, null, value));
  }
  const warnings = place.kind === 'file' ? [takesAll(domain, target)] : [];
  return { writes, targets: [domain], warnings, undo: 'full', undoNote: undoNote() };
}

const aliasThere = (): Text =>
  text(/*i18n*/ { id: 'aliases.exists', message: 'This alias exists already, or stands twice in the list' });

/** virtual(5): a match of `@domain` makes every name exist, so that smtpd(8) cannot refuse the wrong ones. */
const takesAll = (domain: string, target: string): Text =>
  text(
    /*i18n*/ {
      id: 'domains.warn.takes-all',
      message:
        'Mail to names that {target} does not have is taken in for {domain} and returned to its sender, as with a catch-all',
    },
    { domain, target },
  );

function aliasProblem(domain: string, target: string, { directory }: PlanContext): Text | null {
  const to = directory.domains.find((entry) => entry.domain === target);
  if (!to) {
    return text(
      /*i18n*/ { id: 'accounts.domain-unknown', message: 'The server does not take mail for {domain}' },
      { domain: target },
    );
  }
  if (domain === target || to.aliasOf !== null || directory.domains.some((entry) => entry.aliasOf === domain)) {
    return text(
      /*i18n*/ {
        id: 'domains.alias-chain',
        message: 'An alias domain leads to a domain of its own, and to no other alias domain',
      },
    );
  }
  const known = directory.domains.find((entry) => entry.domain === domain);
  if (known?.aliasOf) {
    return text(
      /*i18n*/ { id: 'domains.alias-exists', message: '{domain} is an alias domain of {target} already' },
      { domain, target: known.aliasOf },
    );
  }
  if (known && known.accounts + known.aliases > 0) {
    return text(
      /*i18n*/ {
        id: 'domains.alias-used',
        message:
          '{domain} has {accounts, plural, one {# account} other {# accounts}} and {aliases, plural, one {# alias} other {# aliases}} of its own',
      },
      { domain, accounts: known.accounts, aliases: known.aliases },
    );
  }
  return null;
}

function removeAliasDomain(writes: Writes, snapshot: Snapshot, domain: string): void {
  if (!aliasDomains(snapshot).has(domain)) return;
  const name = `@${domain}`;
  for (const store of snapshot.layout.aliases) {
    if (store.kind !== 'file') continue;
    const place = inFile(snapshot, store.ref.spec, store.ref.type, 'map', name);
    if (place) remove(writes, place, name, snapshot);
  }
  const rows = aliasDomainRows(snapshot);
  const found = rows?.read.rows.find((entry) => (entry[rows.table.key] ?? '').toLowerCase() === domain);
  if (rows && found) {
    const { table, read } = rows;
    writes.rows.push(row(table, read.columns, found[table.key] ?? '', found, null));
  }
}

/** trivial-rewrite(8) looks at its files every ten seconds only: a reload makes the domain count at once. */
function addDomain(writes: Writes, snapshot: Snapshot, domain: string): void {
  const file = snapshot.layout.domains.find((store) => store.kind === 'file');
  if (file?.kind === 'file') {
    const after = formatEntry(domain, 'OK', 'map');
    addEdit(writes, { path: file.ref.spec, format: 'map', map: file.ref.type }, { key: domain, before: null, after });
    writes.reload = true;
    return;
  }
  const store = snapshot.layout.domains.find((s) => s.kind === 'sql');
  if (store?.kind !== 'sql') {
    throw unsupported(
      text(/*i18n*/ { id: 'domains.no-table', message: 'virtual_mailbox_domains has no table this console can write' }),
    );
  }
  const { table } = store;
  const columns = snapshot.tables.get(tableId(table.place, table.table))?.columns ?? [];
  const after: Row = { [table.key]: domain };
  if (table.active) after[table.active.column] = table.active.on;
  // PostfixAdmin's own values for these two
  const known: Row = { description: '', transport: 'virtual' };
  for (const column of columns) if (column.name in known) after[column.name] = known[column.name] ?? '';
  const stamps = ['created', 'modified'];
  const missing = columns.filter((c) => !c.nullable && !c.hasDefault && !(c.name in after) && !stamps.includes(c.name));
  if (missing.length > 0) {
    throw unsupported(
      text(
        /*i18n*/ {
          id: 'domains.columns',
          message: 'Domains cannot be added: columns {columns} need values that no query tells of',
        },
        { columns: missing.map((column) => column.name).join(', ') },
      ),
    );
  }
  writes.rows.push(row(table, columns, domain, null, after));
}

function removeDomain(writes: Writes, snapshot: Snapshot, domain: string): void {
  for (const store of snapshot.layout.domains) {
    if (store.kind === 'file') {
      const place = inFile(snapshot, store.ref.spec, store.ref.type, 'map', domain);
      if (place) remove(writes, place, domain, snapshot);
      if (place) writes.reload = true;
    }
    if (store.kind === 'sql') {
      const read = snapshot.tables.get(tableId(store.table.place, store.table.table));
      const found = read?.rows.find((r) => (r[store.table.key] ?? '').toLowerCase() === domain);
      if (read && found) writes.rows.push(row(store.table, read.columns, found[store.table.key] ?? '', found, null));
    }
  }
}
