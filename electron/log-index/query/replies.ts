/** What the other side said, as a line of a delivery has it. */

/** Characters of a line of Exim or qmail that are searched for a reply: real ones are under 2 KiB. */
const REPLY_LINE = 8192;

/** What the other side said: the text in parentheses behind the status, or behind the refusal. */
export function replyOf(line: string): string | null {
  const sent = /status=\S+ \((.*)\)$/.exec(line);
  if (sent) return sent[1];
  const refused = /(?:reject|discard|hold)[^:]*: .*? from [^\]]*\](?::\d+)?: (.*?); from=</.exec(line);
  if (refused) return refused[1];
  const proxy = /proxy-reject: [A-Z-]+: (.*?); from=</.exec(line);
  if (proxy) return proxy[1];
  const short = line.slice(0, REPLY_LINE);
  // Exim: `=> a R=.. T=.. H=.. C="250 Ok"`, `== a R=.. defer (111): Connection refused`, `** a R=..: Unrouteable address`
  const confirmed = / (?:=>|->|>>|\*>) .* C="(.*?)"(?: |$)/.exec(short);
  if (confirmed) return confirmed[1];
  const deferred = / == \S+ .*?defer \(-?\d+\)(?:: | )(.*)$/.exec(short);
  if (deferred) return deferred[1];
  const failed = / \*\* \S+?(?:: | .*?: )(.*)$/.exec(short);
  if (failed) return failed[1];
  // qmail writes spaces as underscores
  const tried = /delivery \d+: (?:success|deferral|failure): (.*)$/.exec(short);
  return tried ? tried[1].replaceAll('_', ' ').replace(/\/+$/, '').trim() || null : null;
}
