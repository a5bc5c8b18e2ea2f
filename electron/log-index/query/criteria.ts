/** What can be asked, and a question with its strings looked up. */
import type { LogSet } from '../index/log-set.ts';
import { NODE, type Tables } from '../index/tables.ts';
import type { Status } from '../scan/records.ts';
import type { Lookup } from './lookup.ts';
import { address, exactly, holding, inDomain, inIp, type Strings } from './strings.ts';

export interface TraceQuery {
  /** Envelope sender, recipient (also the one before aliases), either of both, as whole addresses; case is ignored. */
  from?: string;
  to?: string;
  address?: string;
  /** Domain of either; subdomains are other domains. */
  domain?: string;
  /** A part of either address. */
  part?: string;
  /** Client address: IPv4, IPv6, or CIDR. */
  ip?: string;
  /** SASL login, or user of a login trace. */
  login?: string;
  queueId?: string;
  messageId?: string;
  /** A part of the relay's name or address. */
  relay?: string;
  status?: Status;
  /** A part of the reason, as reports group it. */
  reason?: string;
  minScore?: number;
  maxScore?: number;
  /** Bytes. */
  minSize?: number;
  maxSize?: number;
  /** True: with TLS, false: without, or a version like 'TLSv1.2'. */
  tls?: boolean | string;
  host?: string;
  kind?: 'message' | 'reject' | 'login' | 'other';
  /** Unix seconds: traces with a line in [since, until]. */
  since?: number;
  until?: number;
  /** Only these traces (roots marked 1), e.g. from a free text search. */
  within?: Uint8Array;
}

type Looked =
  | 'from'
  | 'to'
  | 'address'
  | 'domain'
  | 'part'
  | 'ip'
  | 'login'
  | 'queueId'
  | 'messageId'
  | 'relay'
  | 'reason';

export interface Criteria extends Omit<TraceQuery, Looked | 'host'>, Partial<Record<Looked, Strings>> {
  /** The sender asked for is the empty one, of notifications. */
  nullSender: boolean;
  /** Something is asked of recipients: all of it of one and the same. */
  recipient: boolean;
  /** Number of the host; -1 when none is asked for. */
  host: number;
}

/** Throws RangeError for criteria that cannot be: expected and got. */
export function criteriaOf(set: LogSet, lookup: Lookup, q: TraceQuery): Criteria {
  const { within, status, minScore, maxScore, minSize, maxSize, tls, kind, since, until } = q;
  const nullSender = q.from === '' || q.from === '<>';
  const given = <T>(value: T | undefined, strings: (value: T) => Strings): Strings | undefined =>
    value === undefined ? undefined : strings(value);
  const one = (value: string): Strings => address(set, lookup, value);
  return {
    within,
    status,
    minScore,
    maxScore,
    minSize,
    maxSize,
    tls,
    kind,
    since,
    until,
    nullSender,
    recipient: q.to !== undefined || status !== undefined || q.relay !== undefined || q.reason !== undefined,
    host: q.host === undefined ? -1 : hostNumber(set, q.host),
    from: nullSender ? undefined : given(q.from, one),
    to: given(q.to, one),
    address: given(q.address, one),
    domain: given(q.domain, (value) => inDomain(set, lookup, value)),
    part: given(q.part, (value) => holding(set, lookup, 'addresses', value)),
    ip: given(q.ip, (value) => inIp(set, lookup, value)),
    login: given(q.login, one),
    queueId: given(q.queueId, (value) => exactly(set, value)),
    messageId: given(q.messageId, (value) => exactly(set, value.replace(/^<|>$/g, ''))),
    relay: given(q.relay, (value) => holding(set, lookup, 'relays', value)),
    reason: given(q.reason, (value) => holding(set, lookup, 'reasons', value)),
  };
}

/** Number of a host; one that no node has when it is unknown. */
function hostNumber(set: LogSet, name: string): number {
  const id = set.strings.find(name);
  for (let i = 1; i < set.hosts.length && set.hosts[i] !== 0; i++) if (set.hosts[i] === id) return i;
  return 0xffff;
}

export function kindOf(kind: number): TraceQuery['kind'] {
  if (kind === NODE.queue || kind === NODE.proxy) return 'message';
  if (kind === NODE.reject) return 'reject';
  return kind === NODE.login ? 'login' : 'other';
}

/** Whether a part of the head's trace lies in the time. */
export function inTime({ nodes }: Tables, head: number, since: number, until: number): boolean {
  const { t0, t1, ring } = nodes;
  if (t0[head] <= until && t1[head] >= since) return true;
  for (let n = ring[head]; n !== head; n = ring[n]) if (t0[n] <= until && t1[n] >= since) return true;
  return false;
}
