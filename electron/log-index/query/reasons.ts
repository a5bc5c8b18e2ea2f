/** Why a client was refused, as one word: for `by` of a reject, for reports and filters. */

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

/** `flags`: 1 postscreen, 2 greylisting. */
export function rejectClass(reason: string, flags = 0): string {
  if ((flags & 2) !== 0) return 'greylist';
  for (const [pattern, name] of CLASSES) {
    if (pattern.test(reason)) return (flags & 1) !== 0 ? `postscreen-${name}` : name;
  }
  return (flags & 1) !== 0 ? 'postscreen' : 'other';
}
