/** Works out the writes of alias requests from a snapshot. Pure. */
import type { AliasRequest, NewAlias } from '#shared/model/alias.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import { Failure } from '#shared/model/failure.ts';
import { type Checked, checkAddress, checkAliasName } from '#shared/model/mail-address.ts';
import { type Text, text } from '#shared/model/text.ts';
import { disable, enable, formatEntry, type MapFormat, parseMapSource, splitTargets } from '../maps/map-source.ts';
import type { Row } from '../sql/client.ts';
import { accountIndex, type AliasTable, aliasTables } from './entries.ts';
import { bytesOf, utf8 } from './frames.ts';
import { type IncludedList, listOf, listStays, setMembers } from './include-lists.ts';
import { capWarnings, type PlanContext, type Planned } from './plan-accounts.ts';
import { refuse, unsupported } from './refusals.ts';
import type { Snapshot } from './snapshot.ts';
import { aliasRow, offOf, row } from './write-account.ts';
import { addEdit, noWrites, type Writes } from './writes.ts';

const undoNote = (): Text =>
  text(
    /*i18n*/ {
      id: 'aliases.undo',
      message: 'Undo puts back each entry as it was, unless somebody has changed it since. It is possible for 90 days.',
    },
  );

/** One alias where it stands. */
export type Place =
  | { kind: 'file'; path: string; map: string; format: MapFormat; raw: string; disabled: boolean; targets: string[] }
  | { kind: 'sql'; aliases: AliasTable; row: Row };

/** Where an alias stands: in files and tables of virtual aliases first, then in the alias file under its bare name. */
export function findAlias(snapshot: Snapshot, name: string): Place | null {
  for (const store of snapshot.layout.aliases) {
    if (store.kind === 'file') {
      const found = inFile(snapshot, store.ref.spec, store.ref.type, 'map', name);
      if (found) return found;
    }
  }
  for (const aliases of aliasTables(snapshot)) {
    const found = aliases.byName.get(name);
    if (found) return { kind: 'sql', aliases, row: found };
  }
  for (const ref of snapshot.layout.localAliases) {
    const found = inFile(snapshot, ref.spec, ref.type, 'aliases', localName(snapshot, name));
    if (found) return found;
  }
  return null;
}

export function inFile(snapshot: Snapshot, path: string, map: string, format: MapFormat, name: string): Place | null {
  const entry = entriesOf(snapshot, path, format).get(name);
  if (!entry) return null;
  const { raw, disabled } = entry;
  return { kind: 'file', path, map, format, raw, disabled, targets: splitTargets(utf8(entry.value), format) };
}

const parsed = new WeakMap<Snapshot, Map<string, ReturnType<typeof mapOf>>>();
function mapOf(content: string, format: MapFormat) {
  const found = new Map<string, { raw: string; value: string; disabled: boolean }>();
  for (const entry of parseMapSource(content, format)) {
    // an entry that counts stands before one that is switched off
    const known = found.get(entry.key);
    if (!known || (known.disabled && !entry.disabled)) found.set(entry.key, entry);
  }
  return found;
}
function entriesOf(snapshot: Snapshot, path: string, format: MapFormat) {
  const known = parsed.get(snapshot) ?? new Map<string, ReturnType<typeof mapOf>>();
  parsed.set(snapshot, known);
  let found = known.get(path);
  if (!found) {
    found = mapOf(snapshot.files.get(path) ?? '', format);
    known.set(path, found);
  }
  return found;
}

/** `info@this.host` and `info` are one name in an alias file. */
function localName(snapshot: Snapshot, name: string): string {
  const at = name.lastIndexOf('@');
  return at > 0 && snapshot.layout.localDomains.includes(name.slice(at + 1)) ? name.slice(0, at) : name;
}

export function planAliases(request: AliasRequest, context: PlanContext): Planned {
  const writes = noWrites();
  switch (request.kind) {
    case 'aliases.add':
      return addAliases(request.aliases, context, writes);
    case 'aliases.edit': {
      const name = request.alias.name.trim().toLowerCase();
      const place = existing(context.snapshot, name);
      const list = listBehind(context.snapshot, place);
      const kept = list?.members ?? (place.kind === 'file' ? place.targets : []);
      const targets = checkTargets(request.alias, context.snapshot, kept);
      if (!targets.ok) refuse([{ address: name, problem: targets.problem }]);
      else if (list) setMembers(writes, context.snapshot, list, targets.value);
      else setTargets(writes, place, name, targets.value, context.snapshot);
      return { writes, targets: [name], warnings: [], undo: 'full', undoNote: undoNote() };
    }
    case 'aliases.enable':
    case 'aliases.delete': {
      const names = [...new Set(request.names.map((name) => name.trim().toLowerCase()))];
      const warnings: Text[] = [];
      for (const name of names) {
        const place = existing(context.snapshot, name);
        if (request.kind === 'aliases.delete') {
          remove(writes, place, name, context.snapshot);
          const list = listBehind(context.snapshot, place);
          if (list) warnings.push(listStays(list.path));
        } else switchTo(writes, place, name, request.enabled, context.snapshot);
      }
      return { writes, targets: names, warnings: capWarnings(warnings), undo: 'full', undoNote: undoNote() };
    }
    default:
      return assertNever(request, 'alias request');
  }
}

const listBehind = (snapshot: Snapshot, place: Place): IncludedList | null =>
  place.kind === 'file' && place.format === 'aliases' ? listOf(snapshot, place.targets) : null;

function existing(snapshot: Snapshot, name: string): Place {
  const place = findAlias(snapshot, name);
  const isMailbox = place?.kind === 'sql' && accountIndex(snapshot).byAddress.has(name);
  if (place && !isMailbox) return place;
  throw new Failure(
    'NOT_FOUND',
    text(
      /*i18n*/ { id: 'aliases.not-found', message: 'There is no alias {alias} in a table this console can write' },
      { alias: name },
    ),
  );
}

function addAliases(aliases: readonly NewAlias[], context: PlanContext, writes: Writes): Planned {
  const { snapshot, directory } = context;
  const taken = new Set(directory.aliases.map((alias) => alias.name));
  const accounts = new Set(directory.accounts.map((account) => account.address));
  const domains = new Set(directory.domains.map((domain) => domain.domain));
  const problems: { address: string; problem: Text }[] = [];
  const warnings: Text[] = [];
  const names: string[] = [];
  for (const alias of aliases) {
    const name = checkName(alias.name, snapshot, domains);
    const targets = checkTargets(alias, snapshot, []);
    if (!name.ok || !targets.ok) {
      problems.push({ address: alias.name, problem: name.ok ? (targets as { problem: Text }).problem : name.problem });
      continue;
    }
    if (taken.has(name.value)) {
      problems.push({
        address: name.value,
        problem: text(
          /*i18n*/ { id: 'aliases.exists', message: 'This alias exists already, or stands twice in the list' },
        ),
      });
      continue;
    }
    taken.add(name.value);
    if (accounts.has(name.value) && !targets.value.includes(name.value)) {
      warnings.push(
        text(
          /*i18n*/ {
            id: 'aliases.warn.hides',
            message: 'The account {address} no longer gets its mail: the alias leads it elsewhere and keeps no copy',
          },
          { address: name.value },
        ),
      );
    }
    names.push(name.value);
    const problem = insert(writes, snapshot, name.value, targets.value, accounts.has(name.value));
    if (problem) problems.push({ address: name.value, problem });
  }
  refuse(problems);
  return { writes, targets: names, warnings: capWarnings(warnings), undo: 'full', undoNote: undoNote() };
}

const BARE = /^[a-z0-9][a-z0-9._+-]{0,63}$/;

function checkName(raw: string, snapshot: Snapshot, domains: ReadonlySet<string>): Checked<string> {
  const bare = localName(snapshot, raw.trim().toLowerCase());
  if (snapshot.layout.localAliases.length > 0 && BARE.test(bare)) return { ok: true, value: bare };
  const name = checkAliasName(raw);
  if (!name.ok) return name;
  const domain = name.value.slice(name.value.lastIndexOf('@') + 1);
  if (domains.has(domain)) return name;
  return {
    ok: false,
    problem: text(
      /*i18n*/ { id: 'accounts.domain-unknown', message: 'The server does not take mail for {domain}' },
      { domain },
    ),
  };
}

/** Programs, files and includes of an alias stay when they are there already; none can be added from here. */
function checkTargets(alias: NewAlias, snapshot: Snapshot, kept: readonly string[]): Checked<string[]> {
  const found: string[] = [];
  for (const target of alias.targets) {
    if (kept.includes(target)) {
      found.push(target);
      continue;
    }
    const bare = target.trim().toLowerCase();
    if (snapshot.layout.localAliases.length > 0 && BARE.test(bare)) {
      found.push(bare);
      continue;
    }
    const address = checkAddress(target);
    if (!address.ok) return address;
    if (!found.includes(address.value)) found.push(address.value);
  }
  return { ok: true, value: found };
}

/** Puts a new alias where aliases live; null: done. */
function insert(
  writes: Writes,
  snapshot: Snapshot,
  name: string,
  targets: readonly string[],
  mailbox: boolean,
): Text | null {
  if (!name.includes('@')) {
    const [ref] = snapshot.layout.localAliases;
    if (ref) {
      const after = formatEntry(name, bytesOf(targets.join(', ')), 'aliases');
      addEdit(writes, { path: ref.spec, format: 'aliases', map: ref.type }, { key: name, before: null, after });
      return null;
    }
  }
  const file = snapshot.layout.aliases.find((store) => store.kind === 'file');
  const [table] = aliasTables(snapshot);
  if (file?.kind === 'file') {
    const after = formatEntry(name, bytesOf(targets.join(', ')), 'map');
    addEdit(writes, { path: file.ref.spec, format: 'map', map: file.ref.type }, { key: name, before: null, after });
    return null;
  }
  if (table) {
    const current = table.byName.get(name);
    // PostfixAdmin's row that leads a mailbox to itself becomes the alias
    if (current && mailbox) setTargets(writes, { kind: 'sql', aliases: table, row: current }, name, targets, snapshot);
    else writes.rows.push(aliasRow(table, name, targets));
    return null;
  }
  return text(/*i18n*/ { id: 'aliases.no-table', message: 'virtual_alias_maps has no table this console can write' });
}

function setTargets(writes: Writes, place: Place, name: string, targets: readonly string[], snapshot: Snapshot): void {
  if (place.kind === 'file') {
    const { path, map, format, raw, disabled } = place;
    const key = format === 'aliases' ? localName(snapshot, name) : name;
    const line = formatEntry(key, bytesOf(targets.join(', ')), format);
    const before = disabled ? disable(raw) : raw;
    addEdit(writes, { path, format, map }, { key, before, after: disabled ? disable(line) : line });
    return;
  }
  const { table, columns } = place.aliases;
  const value = table.value ?? '';
  const after = { [value]: targets.join(',') };
  if (place.row[value] === after[value]) return;
  writes.rows.push(row(table, columns, place.row[table.key] ?? '', { [value]: place.row[value] ?? null }, after));
}

export function remove(writes: Writes, place: Place, name: string, snapshot: Snapshot): void {
  if (place.kind === 'file') {
    const { path, map, format, raw, disabled } = place;
    const key = format === 'aliases' ? localName(snapshot, name) : name;
    addEdit(writes, { path, format, map }, { key, before: disabled ? disable(raw) : raw, after: null });
    return;
  }
  const { table, columns } = place.aliases;
  writes.rows.push(row(table, columns, place.row[table.key] ?? '', place.row, null));
}

function switchTo(writes: Writes, place: Place, name: string, enabled: boolean, snapshot: Snapshot): void {
  if (place.kind === 'file') {
    const { path, map, format, raw, disabled } = place;
    if (disabled !== enabled) return;
    const key = format === 'aliases' ? localName(snapshot, name) : name;
    const off = disable(raw);
    addEdit(writes, { path, format, map }, { key, before: enabled ? off : raw, after: enabled ? enable(off) : off });
    return;
  }
  const { table, columns } = place.aliases;
  if (!table.active) throw unsupported(null);
  const { column, on } = table.active;
  const after = enabled ? on : offOf(on);
  if (place.row[column] === after) return;
  writes.rows.push(
    row(table, columns, place.row[table.key] ?? '', { [column]: place.row[column] ?? null }, { [column]: after }),
  );
}
