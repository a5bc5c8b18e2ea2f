/** Where mail to an address goes: every answer comes from the server's tables (postmap -q), round by round. */
import type { Machine } from '#remote/machine.ts';
import type { RouteStep } from '#shared/model/alias.ts';
import { splitTargets } from '../maps/map-source.ts';
import { parseTables, type TableRef } from './config.ts';
import { leadsDomain } from './alias-domains.ts';
import { FRAME_SH, parseFrames, utf8 } from './frames.ts';
import { includedPath, membersOf } from './include-lists.ts';
import type { Layout } from './layout.ts';
import { ALLOWED_SH } from './read-script.ts';
import { rootScript, runScript } from '../root-script.ts';
import { generalAddress, type SmtpService, smtpServices, splitTransport } from './outgoing.ts';

/** Standard input: lines `table<TAB>key`. A section a line, numbered; an empty one has no answer. Only tables of the configuration are asked. */
export const ROUTE = rootScript(
  'postdeck-accounts-route',
  ['accounts.read'],
  `${FRAME_SH}${ALLOWED_SH}
i=0; T=$(printf '\\t')
while IFS="$T" read -r table key; do
  case $table in
    doveadm) s "$i" doveadm -f tab user -- "$key" < /dev/null ;;
    postconf) s "$i" postconf -M < /dev/null ;;
    getent) s "$i" getent passwd -- "$key" < /dev/null ;;
    sieve) s "$i" sh -c 'n=$(doveadm sieve list -u "$0" | sed -n "s/ ACTIVE$//p"); [ -n "$n" ] && doveadm sieve get -u "$0" -- "$n"' "$key" < /dev/null ;;
    include) if allowed "$key"; then s "$i" head -c 1048577 -- "$key" < /dev/null; fi ;;
    inline:*) s "$i" postmap -q "$key" "$table" < /dev/null ;;
    *) if allowed_table "$table"; then s "$i" postmap -q "$key" "$table" < /dev/null; fi ;;
  esac
  i=$((i + 1))
done
exit 0
`,
);

type Ask = { table: string; key: string };

async function query(machine: Machine, asks: readonly Ask[], signal: AbortSignal): Promise<string[]> {
  const { stdout } = await runScript(machine, ROUTE, {
    name: 'ask the server’s tables',
    reads: true,
    data: asks.map(({ table, key }) => `${table}\t${key}\n`).join(''),
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
  from = '',
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
  const relays = parseTables(value('relay_domains'));
  const relayTables = relays.tables.map(tableName);
  const sender = await askSender(machine, layout, from, tablesOf, signal);
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
            : transports.flatMap((table) =>
                transportKeys(at, domain).map((key) => ({ by: table, i: ask(table, key) })),
              ),
        relayed: domain === '' ? [] : relayTables.map((table) => ({ by: table, i: ask(table, domain) })),
        localAlias: own ? locals.map((table) => ({ by: table, i: ask(table, local) })) : [],
        user: ask(own ? 'getent' : 'doveadm', own ? local : at),
        sieve: ask('sieve', own ? local : at),
      };
    });
    const answers = await query(machine, asks, signal);
    const lists = await readLists(
      machine,
      plans.flatMap(({ localAlias }) => localAlias.map(({ i }) => answers[i] ?? '')),
      signal,
    );
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
        const end = (kind: RouteStep['kind'], by: string, via?: Via): void => {
          steps.push({ address: at, depth, kind, to: [], by, ...(via ? { via } : {}) });
        };
        const handed = (parameter: string, fallback: string): Via =>
          viaOf(value(parameter) || fallback, '', parameter, sender.services, layout);
        if (transport) {
          const via = viaOf(transport.value, plan.domain, transport.by, sender.services, layout);
          end('relay', `${transport.by} ${transport.value}`, via);
        } else if (mailbox) end('mailbox', mailbox.by, handed('virtual_transport', 'virtual'));
        else if (plan.own && user !== '') {
          const box = value('mailbox_transport') !== '';
          end('local', 'passwd', handed(box ? 'mailbox_transport' : 'local_transport', 'local'));
        } else if (plan.own || domainWords.has(plan.domain) || first(plan.domains)) {
          end('unknown', plan.own ? 'mydestination' : 'virtual_mailbox_domains');
        } else {
          const inbound = relays.words.includes(plan.domain) || first(plan.relayed) !== null;
          const chosen = inbound
            ? { value: value('relay_transport') || 'relay', by: 'relay_transport' }
            : sender.transport;
          const via = viaOf(chosen.value, sender.relayhost || plan.domain, chosen.by, sender.services, layout);
          end('relay', chosen.value, via);
        }
      };
      // virtual(5): the whole address, then the domain; the catch-all counts even before a mailbox
      const found = first(plan.alias) ?? (first(plan.mailbox) ? null : first(plan.catchAll));
      const local = first(plan.localAlias);
      if (found) {
        const answer = splitTargets(found.value, 'map');
        const exact = first(plan.alias);
        const led = exact === null && leadsDomain(`@${plan.domain}`, answer);
        const joined = layout.aliasDomains !== null && found.by.endsWith(`:${layout.aliasDomains.conf}`);
        // virtual(5): `@old @new` keeps the name before the sign
        const targets = led ? answer.map((target) => `${plan.local}${target}`) : answer;
        push(led || joined ? 'alias-domain' : exact ? 'alias' : 'catch-all', targets, found.by);
        if (targets.some((target) => target.toLowerCase() === at)) deliver();
      } else if (local) {
        const targets = splitTargets(local.value, 'aliases').flatMap((target) => lists.get(target) ?? [target]);
        push(targets.some((target) => /^["|/:]/.test(target)) ? 'program' : 'alias', targets, local.by);
      } else deliver();
    }
    round = next;
  }
  return steps;
}

/** Receivers of the lists that alias files name, by `:include:` and path; a list of another shape is absent. */
async function readLists(
  machine: Machine,
  values: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const named = values
    .flatMap((value) => splitTargets(value, 'aliases'))
    .filter((each) => includedPath([each]) !== null);
  const targets = [...new Set(named)];
  if (targets.length === 0) return new Map();
  const asks = targets.map((target) => ({ table: 'include', key: includedPath([target]) ?? '' }));
  const contents = await query(machine, asks, signal);
  return new Map(
    targets.flatMap((target, i): [string, readonly string[]][] => {
      const members = membersOf(contents[i] ?? '');
      return members === null || members.length === 0 ? [] : [[target, members]];
    }),
  );
}

type Via = NonNullable<RouteStep['via']>;

/** What Postfix reads of the envelope sender when it chooses a way out, and its smtp services. */
interface SenderWay {
  transport: { value: string; by: string };
  relayhost: string;
  services: SmtpService[];
}

/** sender_dependent_default_transport_maps and sender_dependent_relayhost_maps: the address, then @domain (postconf(5)). */
async function askSender(
  machine: Machine,
  { postconf }: Layout,
  from: string,
  tablesOf: (name: string) => string[],
  signal: AbortSignal,
): Promise<SenderWay> {
  const sender = from.trim().toLowerCase();
  const keys = sender.includes('@') ? [sender, sender.slice(sender.lastIndexOf('@'))] : [];
  const asks: Ask[] = [{ table: 'postconf', key: '-' }];
  const asked = (name: string): { table: string; i: number }[] =>
    tablesOf(name).flatMap((table) => keys.map((key) => ({ table, i: asks.push({ table, key }) - 1 })));
  const ways = asked('sender_dependent_default_transport_maps');
  const hosts = asked('sender_dependent_relayhost_maps');
  const answers = await query(machine, asks, signal);
  const way = ways.find(({ i }) => answers[i]);
  const host = hosts.find(({ i }) => answers[i]);
  const own = answers[way?.i ?? -1] ?? '';
  const transport =
    own === '' || own === 'DUNNO'
      ? { value: postconf.get('default_transport') || 'smtp', by: 'default_transport' }
      : { value: own, by: way?.table ?? '' };
  const relayhost = answers[host?.i ?? -1] || postconf.get('relayhost') || '';
  return { transport, relayhost: relayhost === 'DUNNO' ? '' : relayhost, services: smtpServices(answers[0] ?? '') };
}

/** transport(5): the address, the domain, its parents, everything. */
function transportKeys(address: string, domain: string): string[] {
  const labels = domain.split('.');
  return [address, domain, ...labels.slice(1).map((_, i) => `.${labels.slice(i + 1).join('.')}`), '*'];
}

/** `transport:nexthop`; an empty next hop is the receiver's domain, or the host all mail is relayed through. */
function viaOf(value: string, destination: string, by: string, services: readonly SmtpService[], layout: Layout): Via {
  const { transport, nexthop } = splitTransport(value);
  const service = services.find(({ name }) => name === transport);
  const outgoing = service ? (service.ip ?? generalAddress(layout)) : null;
  return { transport: transport || 'smtp', nexthop: nexthop || destination || null, outgoing, by };
}

/** Addresses of redirect commands, whoever wrote the script; strings that are not a command's argument are skipped. */
export function redirectsOf(script: string): string[] {
  const code = script.replace(/#[^\n]*|\/\*[\s\S]*?\*\//g, '');
  return [...code.matchAll(/\bredirect\b\s*(?::\w+\s*)*"((?:[^"\\]|\\.)*)"/g)].map((match) =>
    (match[1] ?? '').replace(/\\(.)/g, '$1'),
  );
}
