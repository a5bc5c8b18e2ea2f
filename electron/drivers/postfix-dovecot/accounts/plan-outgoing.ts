/** Works out the writes that give senders of a domain, or all others, an outgoing address. Pure. */
import { type DomainRequest, outgoingIps } from '#shared/model/domain.ts';
import { Failure } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import { formatEntry, parseMapSource } from '../maps/map-source.ts';
import { domainAbilitiesOf } from './abilities.ts';
import {
  boundService,
  defaultOutgoing,
  oneOfEach,
  OWN_TRANSPORT,
  outgoingOf,
  outgoingState,
  type OutgoingState,
  senderTable,
  transportFor,
  usableAddresses,
} from './outgoing.ts';
import type { PlanContext, Planned } from './plan-accounts.ts';
import { refuse, sound, unsupported } from './refusals.ts';
import type { Snapshot } from './snapshot.ts';
import { addEdit, noWrites, type Writes } from './writes.ts';

type Request = Extract<DomainRequest, { kind: 'domains.outgoing' }>;

export function planOutgoing(request: Request, { snapshot, directory }: PlanContext): Planned {
  const { layout } = snapshot;
  const able = domainAbilitiesOf(snapshot);
  if (!(request.domain === null ? able.outgoingDefault : able.outgoing)) throw unsupported(able.why.at(-1) ?? null);
  const domain = request.domain === null ? null : sound(request.domain);
  const known = domain === null || directory.domains.some((entry) => entry.domain === domain);
  if (!known) {
    throw new Failure(
      'NOT_FOUND',
      text(
        /*i18n*/ { id: 'domains.not-found', message: 'The server does not take mail for {domain}' },
        { domain: domain ?? '' },
      ),
    );
  }
  const addresses = usableAddresses(snapshot).map((address) => address.ip);
  const ips = outgoingIps(request.ip);
  const ip = request.ip === null ? null : oneOfEach(ips);
  if (request.ip !== null && (ip === null || ips.some((each) => !addresses.includes(each)))) {
    const problem = ip === null && ips.length > 1 ? oneEach() : notHere(addresses);
    refuse([{ address: request.ip, problem }]);
  }
  const state = outgoingState(snapshot);
  const now = domain === null ? defaultOutgoing(state, layout) : outgoingOf(state, domain);
  const writes = noWrites();
  if (now !== ip) {
    const transport = ip === null ? null : useService(writes, snapshot, state, ip);
    if (domain === null) setDefault(writes, snapshot, state, transport ?? 'smtp');
    else setSender(writes, snapshot, state, domain, transport);
    if (ip === null) dropUnused(writes, snapshot, state, domain);
    writes.reload = true;
  }
  return {
    writes,
    targets: [domain ?? 'default_transport'],
    warnings: warningsOf(snapshot, ip),
    undo: 'full',
    undoNote: text(
      /*i18n*/ {
        id: 'aliases.undo',
        message:
          'Undo puts back each entry as it was, unless somebody has changed it since. It is possible for 90 days.',
      },
    ),
  };
}

const oneEach = (): Text =>
  text(
    /*i18n*/ {
      id: 'domains.one-of-each',
      message: 'Mail can leave from one IPv4 and one IPv6 address, and not from two of one family',
    },
  );

const notHere = (addresses: readonly string[]): Text =>
  text(
    /*i18n*/ {
      id: 'domains.address-not-here',
      message: 'The server does not have this address; it has {addresses}',
    },
    { addresses: addresses.slice(0, 20).join(', ') || '-' },
  );

/** The transport bound to the address: one that is there, or a new copy of smtp. */
function useService(writes: Writes, { layout }: Snapshot, state: OutgoingState, ip: string): string {
  const there = state.services.find((service) => service.ip === ip);
  if (there) return there.name;
  const smtp = state.services.find((service) => service.name === 'smtp');
  const name = transportFor(ip);
  if (!smtp || layout.masterCf === null) throw unsupported(null);
  const taken = state.services.find((service) => service.name === name);
  addEdit(
    writes,
    { path: layout.masterCf, format: 'master', map: null },
    { key: `${name}/unix`, before: taken?.raw ?? null, after: boundService(smtp.raw, ip), shared: true },
  );
  return name;
}

function setDefault(writes: Writes, snapshot: Snapshot, state: OutgoingState, transport: string): void {
  const { layout, files } = snapshot;
  if (layout.mainCf === null) return;
  const key = 'default_transport';
  const before = parseMapSource(files.get(layout.mainCf) ?? '', 'main').findLast((e) => e.key === key && !e.disabled);
  const { nexthop } = state.fallback;
  const value = nexthop === '' ? transport : `${transport}:${nexthop}`;
  // smtp alone is what postconf(5) has by itself
  const after = value === 'smtp' ? null : formatEntry(key, value, 'main');
  addEdit(writes, { path: layout.mainCf, format: 'main', map: null }, { key, before: before?.raw ?? null, after });
}

function setSender(
  writes: Writes,
  { layout }: Snapshot,
  state: OutgoingState,
  domain: string,
  transport: string | null,
): void {
  const table = senderTable(layout);
  if (!table) return;
  const { ref, isNew } = table;
  const key = `@${domain}`;
  const before = state.senders.get(key)?.raw ?? null;
  const after = transport === null ? null : formatEntry(key, `${transport}:`, 'map');
  const file = { path: ref.spec, format: 'map' as const, map: ref.type };
  addEdit(writes, isNew ? { ...file, fresh: 'create' as const } : file, { key, before, after });
  if (!isNew || layout.mainCf === null) return;
  const name = 'sender_dependent_default_transport_maps';
  const line = formatEntry(name, `${ref.type}:${ref.spec}`, 'main');
  const main = { path: layout.mainCf, format: 'main' as const, map: null };
  addEdit(writes, main, { key: name, before: null, after: line, shared: true });
}

/** A domain that goes leaves no address behind, and no transport that only it used. */
export function dropOutgoing(writes: Writes, snapshot: Snapshot, domain: string): void {
  const state = outgoingState(snapshot);
  if (!state.senders.has(`@${domain}`) || senderTable(snapshot.layout)?.isNew !== false) return;
  setSender(writes, snapshot, state, domain, null);
  dropUnused(writes, snapshot, state, domain);
  writes.reload = true;
}

/** Services made here that nothing leads to once this is done. Those of somebody else stay. */
function dropUnused(writes: Writes, { layout }: Snapshot, state: OutgoingState, domain: string | null): void {
  if (layout.masterCf === null) return;
  const used = new Set(domain === null ? [] : [state.fallback.transport]);
  for (const [key, { transport }] of state.senders) if (key !== `@${domain ?? ''}`) used.add(transport);
  for (const { name, raw } of state.services) {
    if (!name.startsWith(OWN_TRANSPORT) || used.has(name)) continue;
    const file = { path: layout.masterCf, format: 'master' as const, map: null };
    addEdit(writes, file, { key: `${name}/unix`, before: raw, after: null, shared: true });
  }
}

function warningsOf({ layout, addresses }: Snapshot, ip: string | null): Text[] {
  if (ip === null || outgoingIps(ip).length > 1) return [];
  const six = ip.includes(':');
  const both = addresses.some((address) => address.ip.includes(':') !== six);
  const protocols = (layout.postconf.get('inet_protocols') || 'all').toLowerCase();
  const other = six ? 'ipv4' : 'ipv6';
  if (!both || !(protocols.includes('all') || protocols.includes(other))) return [];
  return [
    text(
      /*i18n*/ {
        id: 'domains.warn.family',
        message:
          'Receivers that can only be reached by {family} still get mail from the address that the server has there',
      },
      { family: six ? 'IPv4' : 'IPv6' },
    ),
  ];
}
