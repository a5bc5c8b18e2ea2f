/** How many smtpd sessions there were, and how long they lasted: those whose Connect and Disconnect are in the log. */
import type { LogSet } from '../index/log-set.ts';

export const CONNECTION_COLUMNS = ['connections', 'seconds connected', 'average', 'longest'];

/**
 * Calls `visit` for each such session with its client, and with its beginning and length in seconds. The client is a
 * string: its name, or its address where smtpd found none or did not believe it (smtpd(8) then says `unknown`).
 */
export function eachConnection(
  set: LogSet,
  inside: (node: number) => boolean,
  visit: (client: number, began: number, seconds: number) => void,
): void {
  const { nodes, sessions: s } = set.t;
  const unknown = set.strings.find('unknown');
  for (let i = 1; i < s.n; i++) {
    if (s.ended[i] === 0 || !inside(s.node[i])) continue;
    const began = nodes.t0[s.node[i]];
    const name = s.clientName[i];
    visit(name === 0 || name === unknown ? s.clientIp[i] : name, began, Math.max(0, s.ended[i] - began));
  }
}

/** By client. */
export function connectionRows(set: LogSet, limit: number, inside: (node: number) => boolean): (string | number)[][] {
  const byClient = new Map<number, { count: number; seconds: number; longest: number }>();
  eachConnection(set, inside, (client, _, seconds) => {
    const known = byClient.get(client);
    if (known === undefined) byClient.set(client, { count: 1, seconds, longest: seconds });
    else {
      known.count++;
      known.seconds += seconds;
      known.longest = Math.max(known.longest, seconds);
    }
  });
  const sorted = [...byClient].sort((a, b) => b[1].count - a[1].count || b[1].seconds - a[1].seconds || a[0] - b[0]);
  return (limit > 0 ? sorted.slice(0, limit) : sorted).map(([client, { count, seconds, longest }]) => [
    set.strings.text(client),
    count,
    seconds,
    Math.round((seconds / count) * 10) / 10,
    longest,
  ]);
}
