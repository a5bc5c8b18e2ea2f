/**
 * What the correlator keeps in lists and maps of JavaScript, for few lines of a usual log. For the compiled correlator
 * these are calls back; see `compiled/aside.as`.
 */
import { LIMITS } from '../limits.ts';
import type { Dictionary } from '../scan/dictionary.ts';
import { ROLE, type Tables } from '../index/tables.ts';
import type { ZoneClock } from '../index/zone-clock.ts';
import { CLOCK } from '../scan/records.ts';

/** A relation named before the other side was seen. */
interface Expected {
  node: number;
  time: number;
  role: number;
}

/** What a content filter said about a message that has no queue id. */
export interface Scan {
  node: number;
  time: number;
  from: number;
  messageId: number;
  clientIp: number;
  size: number;
  action: number;
  score: number;
  to: number[];
}

/** What a scanner said of mail that has no queue id yet, by the scanner's process. */
export interface Scanned {
  node: number;
  time: number;
  engine: number;
  action: number;
  score: number;
  clientIp: number;
  from: number;
}

export interface Redirect {
  node: number;
  time: number;
  messageId: number;
  target: number;
  used: boolean;
}

export class Aside {
  dict: Dictionary;
  /** Of the stream of lines at hand. */
  zone: ZoneClock | undefined;
  readonly expected = new Map<number, Expected>();
  private role: number = ROLE.none;
  readonly pendingScans = new Map<number, Scan>();
  readonly scanned = new Map<number, Scanned>();
  /** Proxy rejects that wait for their scan, by scan id. */
  readonly awaitedScans = new Map<number, number>();
  /** Recipients that a scanner listed, for messages that never reach a delivery agent. */
  private readonly lists = new Map<number, number[]>();
  readonly redirects = new Map<number, Redirect[]>();
  /** Messages from pickup whose origin is not settled, and delivery sessions without a message. */
  pickups: number[] = [];
  loose: number[] = [];
  /** Local deliveries that failed: their reply names no session. */
  failures: { node: number; to: number; time: number }[] = [];
  /** Mail that Sieve discarded: hashes of the users, by session. */
  private readonly discards = new Map<number, number[]>();
  /** Recipients delivered to other hosts, not yet looked up there. */
  hops: number[] = [];
  /** qmail: deliveries under way by host and number, messages by the process that queued them, and who waits for one. */
  readonly tries = new Map<string, { node: number; recipient: number }>();
  readonly byProcess = new Map<number, { node: number; time: number }>();
  readonly awaitedProcess = new Map<number, { node: number; time: number; role: number }>();
  /** Rows of messages with very many recipients, by both addresses. */
  private readonly longLists = new Map<number, Map<string, number>>();

  constructor(dict: Dictionary) {
    this.dict = dict;
  }

  /** Unix seconds of a line's time. `last`: those of the line before it, of the same stream. */
  seconds(clock: number, time: number, last: number): number {
    const { zone } = this;
    if (zone === undefined || clock === CLOCK.none) return last;
    zone.last = last;
    if (clock === CLOCK.wall) return zone.wall(time);
    return clock === CLOCK.local ? zone.local(time) : zone.unix(time);
  }

  /** The hash of a string; 0 for 0. */
  hashOf(id: number): number {
    return this.dict.hashOf(id);
  }

  /** `parent` expects this queue id to follow. */
  expect(queueId: number, parent: number, role: number, now: number): void {
    this.expected.set(queueId, { node: parent, time: now, role });
  }

  /** Who expects this queue id, which is here now; 0: nobody. `expectedAs` tells the role. */
  expectedBy(queueId: number, now: number): number {
    const e = this.expected.get(queueId);
    if (e === undefined) return 0;
    this.expected.delete(queueId);
    this.role = e.role;
    return now - e.time <= LIMITS.lateLine ? e.node : 0;
  }

  expectedAs(): number {
    return this.role;
  }

  /** The row of a recipient of a message with very many; 0: not there yet. */
  recipientOf(t: Tables, row: number, to: number, originalTo: number): number {
    let list = this.longLists.get(row);
    if (list === undefined) {
      const r = t.recipients;
      list = new Map();
      for (let i = t.messages.recipient[row]; i !== 0; i = r.next[i]) list.set(pair(r.to[i], r.originalTo[i]), i);
      this.longLists.set(row, list);
    }
    return list.get(pair(to, originalTo)) ?? 0;
  }

  addRecipient(row: number, to: number, originalTo: number, recipient: number): void {
    this.longLists.get(row)?.set(pair(to, originalTo), recipient);
  }

  forgetRecipients(row: number): void {
    this.longLists.delete(row);
  }

  pickedUp(node: number): void {
    this.pickups.push(node);
  }

  /** A delivery session that named no message. */
  lone(session: number): void {
    this.loose.push(session);
  }

  /** A recipient was delivered to another host. */
  hop(recipient: number): void {
    this.hops.push(recipient);
  }

  failed(node: number, to: number, now: number): void {
    if (this.failures.length > 4096) this.failures.splice(0, 2048);
    this.failures.push({ node, to, time: now });
  }

  /** Sieve discarded a user's mail in this session. */
  discard(session: number, user: number): void {
    const { discards } = this;
    if (discards.size > 100_000) discards.clear();
    const users = discards.get(session);
    if (users === undefined) discards.set(session, [user]);
    else if (users.length < LIMITS.listedRecipients && !users.includes(user)) users.push(user);
  }

  /** It did so with the mail for one of these addresses. */
  discarded(session: number, to: number, originalTo: number): boolean {
    const users = this.discards.get(session);
    return (
      users !== undefined && (users.includes(this.dict.hashOf(to)) || users.includes(this.dict.hashOf(originalTo)))
    );
  }

  redirect(node: number, messageId: number, target: number, now: number): void {
    const redirect = { node, time: now, messageId, target, used: false };
    const list = this.redirects.get(messageId);
    if (list === undefined) this.redirects.set(messageId, [redirect]);
    else list.push(redirect);
  }

  /** A scanner lists a recipient of a message that it refuses. */
  list(node: number, to: number): void {
    const { lists } = this;
    const list = lists.get(node);
    if (list !== undefined) list.push(to);
    else {
      if (lists.size > 10_000) lists.clear(); // verdicts that nobody acted on
      lists.set(node, [to]);
    }
  }

  /** The next recipient of such a list, which is taken off it; 0: no more. */
  nextListed(node: number): number {
    const list = this.lists.get(node);
    const to = list?.shift() ?? 0;
    if (list?.length === 0) this.lists.delete(node);
    return to;
  }
}

function pair(to: number, originalTo: number): string {
  return `${to},${originalTo}`;
}
