/**
 * Which IP address mail leaves from, by the sender's domain: a copy of the smtp transport bound to the address
 * (smtp_bind_address, smtp(8)), and sender_dependent_default_transport_maps (postconf(5)) that leads senders there. Pure.
 */
import { isIP } from 'node:net';
import { type DomainAbilities, type Outgoing, outgoingIps } from '#shared/model/domain.ts';
import { type Text, text } from '#shared/model/text.ts';
import { parseMapSource } from '../maps/map-source.ts';
import { FILE_TYPES, parseTables, type TableRef } from './config.ts';
import type { Layout } from './layout.ts';
import type { Snapshot } from './snapshot.ts';

/** Services of this name were made here, and go when nothing leads to them any more. */
export const OWN_TRANSPORT = 'postdeck-';

/** `postdeck-192-0-2-7`: a service's name is a file name below the queue directory. */
export const transportFor = (ip: string): string => `${OWN_TRANSPORT}${ip.replace(/[.:,]/g, '-')}`;

/** A line of master.cf that runs smtp(8) for outgoing mail. */
export interface SmtpService {
  name: string;
  raw: string;
  /** The address it is bound to, or one of each family, IPv4 first (outgoingIps); null: none of its own. */
  ip: string | null;
}

/** Services of type unix whose command is smtp. */
export function smtpServices(masterCf: string): SmtpService[] {
  return parseMapSource(masterCf, 'master').flatMap(({ raw, disabled }) => {
    const [name = '', type, , , , , , command, ...args] = fieldsOf(raw);
    if (disabled || type !== 'unix' || command !== 'smtp') return [];
    const bound = [...args.join(' ').matchAll(/\bsmtp_bind_address6?\s*=\s*([0-9A-Fa-f:.]+)/g)].map((m) => m[1] ?? '');
    return [{ name, raw, ip: oneOfEach(bound) }];
  });
}

/** An address, or one of each family in the order they are kept in; null: none, more, or none that can be. */
export function oneOfEach(ips: readonly string[]): string | null {
  const [four, six] = [4, 6].map((family) => ips.filter((ip) => isIP(ip) === family));
  if (!four || !six || ips.length === 0 || four.length + six.length !== ips.length) return null;
  return four.length <= 1 && six.length <= 1 ? [...four, ...six].join(',') : null;
}

/** The words of a logical line, comments between its lines left out. */
const fieldsOf = (raw: string): string[] =>
  raw
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join(' ')
    .split(/\s+/)
    .filter((word) => word !== '');

/**
 * A copy of the smtp service, with all its own options, bound to the address. Postfix goes on using the other family of
 * addresses where only that one reaches a receiver; of two ways it takes the one with this address. Bound to one of each
 * family it takes the way that it would take anyhow.
 */
export function boundService(smtp: string, ip: string): string {
  const ips = outgoingIps(ip);
  if (oneOfEach(ips) !== ip) throw new RangeError('not an IP address, nor one of each family');
  const [, type, ...rest] = fieldsOf(smtp);
  return [
    [transportFor(ip), type, ...rest].join(' '),
    ...ips.map((each) => `    -o smtp_bind_address${isIP(each) === 6 ? '6' : ''}=${each}`),
    ...(ips.length > 1 ? [] : [`    -o smtp_address_preference=${isIP(ip) === 6 ? 'ipv6' : 'ipv4'}`]),
    '',
  ].join('\n');
}

/** `2: eth0    inet 192.0.2.7/24 brd … scope global eth0`, as `ip -o address` tells; addresses on probation left out. */
export function parseAddresses(output: string): { ip: string; interface: string }[] {
  const found = output.split('\n').flatMap((line) => {
    const match = /^\d+:\s+(\S+)\s+inet6?\s+([0-9A-Fa-f:.]+)(?:\/\d+)?\s.*\bscope global\b/.exec(line);
    const usable = match !== null && !/\b(tentative|dadfailed|deprecated|temporary)\b/.test(line);
    return usable && isIP(match[2] ?? '') !== 0 ? [{ ip: match[2] ?? '', interface: match[1] ?? '' }] : [];
  });
  return [...new Map(found.map((address) => [address.ip, address])).values()];
}

/** The table that this console writes senders into; null: none can be. */
export function senderTable(layout: Layout): { ref: TableRef; isNew: boolean } | null {
  const { tables, words } = parseTables(layout.postconf.get('sender_dependent_default_transport_maps') ?? '');
  const [first] = tables;
  if (first) return first.type in FILE_TYPES && first.spec.startsWith('/') ? { ref: first, isNew: false } : null;
  const type = layout.postconf.get('default_database_type') ?? 'hash';
  if (words.length > 0 || layout.mainCf === null || !(type in FILE_TYPES)) return null;
  return {
    ref: { type, spec: `${layout.mainCf.replace(/[^/]*$/, '')}postdeck_outgoing`, proxied: false },
    isNew: true,
  };
}

/** `smtp:[relay]:25` as transport and next hop. */
export function splitTransport(value: string): { transport: string; nexthop: string } {
  const colon = value.indexOf(':');
  return colon < 0
    ? { transport: value, nexthop: '' }
    : { transport: value.slice(0, colon), nexthop: value.slice(colon + 1) };
}

export interface OutgoingState {
  services: SmtpService[];
  /** `@domain` to what the table says. */
  senders: Map<string, { raw: string; transport: string }>;
  /** Transport and next hop of default_transport. */
  fallback: { transport: string; nexthop: string };
}

export function outgoingState(snapshot: Snapshot): OutgoingState {
  const { layout, files } = snapshot;
  const table = senderTable(layout);
  const senders = new Map<string, { raw: string; transport: string }>();
  for (const { key, raw, value, disabled } of parseMapSource(files.get(table?.ref.spec ?? '') ?? '', 'map')) {
    if (!disabled && !senders.has(key)) senders.set(key, { raw, transport: splitTransport(value).transport });
  }
  return {
    services: smtpServices(files.get(layout.masterCf ?? '') ?? ''),
    senders,
    fallback: splitTransport(layout.postconf.get('default_transport') || 'smtp'),
  };
}

const ipOf = (state: OutgoingState, transport: string | undefined): string | null =>
  state.services.find((service) => service.name === transport)?.ip ?? null;

export const outgoingOf = (state: OutgoingState, domain: string): string | null =>
  ipOf(state, state.senders.get(`@${domain}`)?.transport);

/** What main.cf binds every smtp service to that says nothing else. */
export const generalAddress = ({ postconf }: Pick<Layout, 'postconf'>): string | null =>
  oneOfEach(
    ['smtp_bind_address', 'smtp_bind_address6'].map((name) => postconf.get(name) ?? '').filter((ip) => ip !== ''),
  );

/** The address that mail of any other sender leaves from: the default transport's, else that of main.cf. */
export function defaultOutgoing(state: OutgoingState, layout: Layout): string | null {
  const own = ipOf(state, state.fallback.transport);
  if (own !== null) return own;
  return generalAddress(layout);
}

export function outgoingFor(snapshot: Snapshot): Outgoing {
  const state = outgoingState(snapshot);
  const addresses = usableAddresses(snapshot).map((address) => ({ ...address, name: null }));
  return { addresses, default: defaultOutgoing(state, snapshot.layout) };
}

/** Addresses of a family that Postfix uses (inet_protocols). */
export function usableAddresses({ layout, addresses }: Snapshot): { ip: string; interface: string }[] {
  const protocols = (layout.postconf.get('inet_protocols') || 'all').toLowerCase();
  const uses = (family: string): boolean => protocols.includes('all') || protocols.includes(family);
  return addresses.filter(({ ip }) => uses(isIP(ip) === 6 ? 'ipv6' : 'ipv4'));
}

export function outgoingAbilities(snapshot: Snapshot): Pick<DomainAbilities, 'outgoing' | 'outgoingDefault' | 'why'> {
  const { layout, files } = snapshot;
  const state = outgoingState(snapshot);
  const why: Text[] = [];
  const readable = layout.masterCf !== null && files.has(layout.masterCf) && files.has(layout.mainCf ?? '');
  const model = state.services.some((service) => service.name === 'smtp');
  if (!readable || !model) {
    why.push(
      text(
        /*i18n*/ {
          id: 'domains.why.master',
          message: 'Outgoing addresses cannot be set: master.cf has no service smtp that could be copied',
        },
      ),
    );
    return { outgoing: false, outgoingDefault: false, why };
  }
  const table = senderTable(layout);
  if (table === null) {
    why.push(
      text(
        /*i18n*/ {
          id: 'domains.why.sender-table',
          message:
            'Domains cannot have outgoing addresses of their own: sender_dependent_default_transport_maps asks {table}, which this console does not write',
        },
        { table: layout.postconf.get('sender_dependent_default_transport_maps') ?? '' },
      ),
    );
  }
  const known = state.services.some((service) => service.name === state.fallback.transport);
  if (!known) {
    why.push(
      text(
        /*i18n*/ {
          id: 'domains.why.default-transport',
          message:
            'There can be no default outgoing address: default_transport is {transport}, which is not a copy of smtp',
        },
        { transport: state.fallback.transport },
      ),
    );
  }
  return { outgoing: table !== null, outgoingDefault: known, why };
}
