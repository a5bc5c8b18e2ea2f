/** Where mail to an address goes: every answer comes from the server's tables (postmap -q), round by round. */
import type { Machine } from '#remote/machine.ts';
import type { RouteStep } from '#shared/model/alias.ts';
import { splitTargets } from '../maps/map-source.ts';
import { parseTables, type TableRef } from './config.ts';
import { FRAME_SH, parseFrames, utf8 } from './frames.ts';
import type { Layout } from './layout.ts';

/** Standard input: lines `table<TAB>key`. A section a line, numbered; an empty one has no answer. */
const QUERY_SH = `${FRAME_SH}
i=0; T=$(printf '\\t')
while IFS="$T" read -r table key; do
  case $table in
    doveadm) s "$i" doveadm -f tab user "$key" < /dev/null ;;
    getent) s "$i" getent passwd "$key" < /dev/null ;;
    sieve) s "$i" sh -c 'n=$(doveadm sieve list -u "$0" | sed -n "s/ ACTIVE$//p"); [ -n "$n" ] && doveadm sieve get -u "$0" "$n"' "$key" < /dev/null ;;
    *) s "$i" postmap -q "$key" "$table" < /dev/null ;;
  esac
  i=$((i + 1))
done
exit 0
`;

type Ask = { table: string; key: string };

async function query(machine: Machine, asks: readonly Ask[], signal: AbortSignal): Promise<string[]> {
  const { stdout } = await machine.run({
    name: 'ask the server’s tables',
    argv: ['/bin/sh', '-c', QUERY_SH],
    root: true,
    stdin: asks.map(({ table, key }) => `${table}\t${key}\n`).join(''),
    signal,
  });
  const frames = parseFrames(stdout);
  return asks.map((_, i) => utf8(frames.get(String(i)) ?? '').trim());
}

const tableName = (ref: TableRef): string => `${ref.type}:${ref.spec}`;

/** Rounds at most: virtual_alias_recursion_limit is 1000, but a chain past 20 is shown as a loop. */
const ROUNDS = 20;
/** Addresses at most: a distribution list is shown, not its ten thousandth receiver. */
const MAX_STEPS = 500;

export async function routeOf(
  machine: Machine,
  layout: Layout,
  address: string,
  signal: AbortSignal,
): Promise<RouteStep[]> {
  const value = (name: string): string => layout.postconf.get(name) ?? '';
  const tablesOf = (name: string): string[] =>
    parseTables(value(name))
      .tables.filter((ref) => !/^(static|unix|inet)$/.test(ref.type))
      .map(tableName);
  const aliases = tablesOf('virtual_alias_maps');
  const mailboxes = tablesOf('virtual_mailbox_maps');
  const domains = [...tablesOf('virtual_mailbox_domains')];
  const domainWords = new Set(parseTables(value('virtual_mailbox_domains')).words.map((word) => word.toLowerCase()));
  const transports = tablesOf('transport_maps');
  const locals = layout.localAliases.map(tableName);
  const steps: RouteStep[] = [];
  const seen = new Set<string>();
  let round = [address.toLowerCase()];
  for (let depth = 0; depth < ROUNDS && round.length > 0; depth++) {
    const batch = [...new Set(round)].filter((at) => !seen.has(at)).slice(0, MAX_STEPS - steps.length);
    for (const at of round)
      if (seen.has(at) && at === address.toLowerCase())
        steps.push({ address: at, depth, kind: 'loop', to: [], by: '' });
    for (const at of batch) seen.add(at);
    const asks: Ask[] = [];
    const ask = (table: string, key: string): number => asks.push({ table, key }) - 1;
    const plans = batch.map((at) => {
      const domain = at.includes('@') ? at.slice(at.lastIndexOf('@') + 1) : '';
      const local = at.includes('@') ? at.slice(0, at.lastIndexOf('@')) : at;
      const own = domain === '' || layout.localDomains.includes(domain);
      return {
        at,
        domain,
        local,
        own,
        alias: aliases.map((table) => ({ by: table, i: ask(table, at) })),
        catchAll: domain === '' ? [] : aliases.map((table) => ({ by: table, i: ask(table, `@${domain}`) })),
        mailbox: mailboxes.map((table) => ({ by: table, i: ask(table, at) })),
        domains: domain === '' ? [] : domains.map((table) => ({ by: table, i: ask(table, domain) })),
        transport:
          domain === ''
            ? []
            : transports.flatMap((table) => [at, domain].map((key) => ({ by: table, i: ask(table, key) }))),
        localAlias: own ? locals.map((table) => ({ by: table, i: ask(table, local) })) : [],
        user: ask(own ? 'getent' : 'doveadm', own ? local : at),
        sieve: ask('sieve', own ? local : at),
      };
    });
    const answers = await query(machine, asks, signal);
    const first = (list: { by: string; i: number }[]): { by: string; value: string } | null => {
      for (const { by, i } of list) if (answers[i]) return { by, value: answers[i] ?? '' };
      return null;
    };
    const next: string[] = [];
    for (const plan of batch.map((_, i) => plans[i])) {
      if (!plan) continue;
      const { at } = plan;
      const push = (kind: RouteStep['kind'], to: string[], by: string): void => {
        steps.push({ address: at, depth, kind, to, by });
        next.push(
          ...to.map((target) => target.toLowerCase()).filter((target) => target !== at && !/^["|/:]/.test(target)),
        );
      };
      const deliver = (): void => {
        const redirects = redirectsOf(answers[plan.sieve] ?? '');
        const mailbox = first(plan.mailbox);
        const user = answers[plan.user] ?? '';
        const transport = first(plan.transport);
        if (redirects.length > 0) push('forward', redirects, 'sieve');
        if (transport)
          steps.push({ address: at, depth, kind: 'relay', to: [], by: `${transport.by} ${transport.value}` });
        else if (mailbox) steps.push({ address: at, depth, kind: 'mailbox', to: [], by: mailbox.by });
        else if (plan.own && user !== '') steps.push({ address: at, depth, kind: 'local', to: [], by: 'passwd' });
        else if (plan.own || domainWords.has(plan.domain) || first(plan.domains)) {
          steps.push({
            address: at,
            depth,
            kind: 'unknown',
            to: [],
            by: plan.own ? 'mydestination' : 'virtual_mailbox_domains',
          });
        } else steps.push({ address: at, depth, kind: 'relay', to: [], by: value('default_transport') || 'smtp' });
      };
      // virtual(5): the whole address, then the domain; the catch-all counts even before a mailbox
      const found = first(plan.alias) ?? (first(plan.mailbox) ? null : first(plan.catchAll));
      const local = first(plan.localAlias);
      if (found) {
        const targets = splitTargets(found.value, 'map');
        push(first(plan.alias) ? 'alias' : 'catch-all', targets, found.by);
        if (targets.some((target) => target.toLowerCase() === at)) deliver();
      } else if (local) {
        const targets = splitTargets(local.value, 'aliases');
        push(targets.some((target) => /^["|/:]/.test(target)) ? 'program' : 'alias', targets, local.by);
      } else deliver();
    }
    round = next;
  }
  return steps;
}

/** Addresses of redirect commands, whoever wrote the script; strings that are not a command's argument are skipped. */
export function redirectsOf(script: string): string[] {
  const code = script.replace(/#[^\n]*|\/\*[\s\S]*?\*\//g, '');
  return [...code.matchAll(/\bredirect\b\s*(?::\w+\s*)*"((?:[^"\\]|\\.)*)"/g)].map((match) =>
    (match[1] ?? '').replace(/\\(.)/g, '$1'),
  );
}
