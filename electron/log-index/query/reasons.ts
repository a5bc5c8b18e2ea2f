/** What counts as what: for traces, reports and filters alike. */
import type { LogSet } from '../index/log-set.ts';
import { FLAG, NODE, RECIPIENT_FLAG, type Tables } from '../index/tables.ts';

const CLASSES: [RegExp, string][] = [
  [/reylist|try again later/i, 'greylist'],
  [/relay access denied|relaying denied|relay not permitted/i, 'relay'],
  [/user unknown|unknown user|no such user|undeliverable address|mailbox unavailable|does not exist/i, 'unknown-user'],
  [/blocked using|blacklist|listed (?:at|by|in)|dnsbl|rbl/i, 'dnsbl'],
  [/helo command rejected/i, 'helo'],
  [/sender address rejected/i, 'sender'],
  [/client host rejected|cannot find your (?:reverse )?hostname/i, 'client'],
  [/quota|mailbox full|over limit/i, 'quota'],
  [/spam|virus|infected/i, 'content'],
  [/recipient address rejected/i, 'recipient'],
  [/too many|rate|limit|concurren/i, 'limit'],
  [/message size exceeds|too big|too large/i, 'size'],
  [/starttls|encryption|tls/i, 'tls'],
  [/protocol error|pipelining|improper/i, 'protocol'],
];

/**
 * Whether a recipient's delivery was only a hand-over: the mail goes on behind a filter, and its last word is said there.
 * A relay that looks like a filter is a delivery all the same when nothing came back from it.
 */
export function goesOn(
  {
    recipients,
    messages,
  }: { recipients: Pick<Tables['recipients'], 'flags'>; messages: Pick<Tables['messages'], 'flags'> },
  recipient: number,
  message: number,
): boolean {
  return (
    (recipients.flags[recipient] & RECIPIENT_FLAG.handedOver) !== 0 && (messages.flags[message] & FLAG.continues) !== 0
  );
}

/**
 * Bytes of a message as it came in. Through a proxy before the queue it has no queue id there: the queue manager counts
 * it behind the filter.
 */
export function sizeOf(set: LogSet, row: number): number {
  const { nodes, messages: m } = set.t;
  if (m.size[row] !== 0 || nodes.kind[m.node[row]] !== NODE.proxy) return m.size[row];
  for (const node of set.members(set.root(m.node[row])))
    if (nodes.kind[node] === NODE.queue && m.size[nodes.row[node]] !== 0) return m.size[nodes.row[node]];
  return 0;
}

/** Why a client was refused, as one word. `flags`: 1 postscreen, 2 greylisting. */
export function rejectClass(reason: string, flags = 0): string {
  if ((flags & 2) !== 0) return 'greylist';
  for (const [pattern, name] of CLASSES) {
    if (pattern.test(reason)) return (flags & 1) !== 0 ? `postscreen-${name}` : name;
  }
  return (flags & 1) !== 0 ? 'postscreen' : 'other';
}

/** The domain of an address; of the null sender, which has none, `<>`. */
export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase() || '<>';
