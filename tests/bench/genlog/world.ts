/** Who exists in the simulation: users, aliases, other people's domains and their servers, bots. */
import type { Random } from './random.ts';

const FIRST =
  'anna bernd carla dieter elif fatima georg hanna igor jana karl lena marek nadia olaf petra quentin rosa stefan tina ulrich vera wanda xaver yasmin zoe paul maria john mary james linda'.split(
    ' ',
  );
const LAST =
  'mueller schmidt weber fischer wagner becker hoffmann koch bauer richter klein wolf neumann schwarz braun smith jones taylor brown wilson evans thomas roberts walker martin bernard rossi novak'.split(
    ' ',
  );
const SYL =
  'al an ar ba be bo ca co da de do el en er fa fi ga go ha he in is ka ke la le lo ma me mi mo na ne no or pa pe ra re ri ro sa se si so ta te ti to va ve vi wa we xo za zi'.split(
    ' ',
  );
const TLD = ['com', 'com', 'com', 'net', 'org', 'de', 'de', 'co.uk', 'fr', 'it', 'io', 'eu', 'example'];
export const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export interface Domain {
  name: string;
  mx: { name: string; ip: string }[];
  /** How its server treats our mail. */
  kind: 'ok' | 'grey' | 'timeout' | 'void' | 'full' | 'dead' | 'refuse';
  tls: boolean;
  senders: string[];
  out: { name: string; ip: string }[];
}

export interface World {
  local: string[];
  users: string[];
  aliases: Map<string, string[]>;
  domains: Domain[];
  byName: Map<string, Domain>;
  bots: { ip: string; name: string }[];
}

export function word(r: Random, n: number): string {
  let s = '';
  for (let i = 0; i < n; i++) s += r.pick(SYL);
  return s;
}

export function ip4(r: Random): string {
  return `${r.int(11, 223)}.${r.int(0, 256)}.${r.int(0, 256)}.${r.int(1, 255)}`;
}

export function ip6(r: Random): string {
  return `2a${r.int(0, 256).toString(16).padStart(2, '0')}:${r.int(1, 65535).toString(16)}:${r.int(1, 65535).toString(16)}::${r.int(1, 65535).toString(16)}`;
}

export function person(r: Random): string {
  return `${r.pick(FIRST)}.${r.pick(LAST)}`;
}

export function firstName(r: Random): string {
  return r.pick(FIRST);
}

export function topLevel(r: Random): string {
  return r.pick(TLD);
}

export function makeWorld(r: Random): World {
  const local = Array.from({ length: 14 }, () => `${word(r, 3)}.example`);
  const users = new Set<string>();
  for (const d of local)
    for (let i = 0; i < 120; i++) users.add(`${person(r)}${r.chance(0.6) ? '' : r.int(1, 99)}@${d}`);
  const list = [...users, `jürgen.größe@${local[0]}`];
  const aliases = new Map<string, string[]>();
  for (const d of local) {
    for (const f of ['info', 'sales', 'support', 'office', 'billing']) {
      aliases.set(
        `${f}@${d}`,
        Array.from({ length: r.pick([1, 1, 2, 3, 5]) }, () => r.pick(list)),
      );
    }
  }
  const domains: Domain[] = [];
  for (let i = 0; i < 1200; i++) {
    const name = `${word(r, r.int(2, 5))}.${topLevel(r)}`;
    const address = (): string => (r.chance(0.12) ? ip6(r) : ip4(r));
    const x = r.next();
    domains.push({
      name,
      mx: Array.from({ length: r.pick([1, 2, 2, 3]) }, (_, j) => ({ name: `mx${j + 1}.${name}`, ip: address() })),
      kind:
        x < 0.9
          ? 'ok'
          : x < 0.94
            ? 'grey'
            : x < 0.955
              ? 'timeout'
              : x < 0.965
                ? 'void'
                : x < 0.98
                  ? 'full'
                  : x < 0.99
                    ? 'dead'
                    : 'refuse',
      tls: r.chance(0.92),
      senders: Array.from({ length: r.int(3, 30) }, () =>
        r.chance(0.7)
          ? `${person(r)}@${name}`
          : `bounce+${r.text(10, '0123456789abcdef')}-${word(r, 2)}=${r.pick(local)}@${name}`,
      ),
      out: Array.from({ length: r.pick([1, 1, 2, 4]) }, (_, j) => ({
        name: `${r.pick(['mail', 'smtp', 'out', 'mta'])}${j}.${name}`,
        ip: address(),
      })),
    });
  }
  const bots = Array.from({ length: 2000 }, () => ({
    ip: ip4(r),
    name: r.chance(0.5) ? `${word(r, 3)}-${r.int(1, 255)}.${word(r, 3)}.${topLevel(r)}` : 'unknown',
  }));
  return { local, users: list, aliases, domains, byName: new Map(domains.map((d) => [d.name, d])), bots };
}
