import { NO_SIEVE } from '#shared/model/sieve.ts';
import { pick, randomFrom } from '../random.ts';
import type { DemoAccount, Value } from './entries.ts';

/** The addresses of the host that its mail may leave from. */
export const HOST_ADDRESSES = [
  { ip: '192.0.2.25', interface: 'eth0', name: 'demo.postdeck.example' },
  { ip: '192.0.2.26', interface: 'eth0', name: null },
] as const;

/** Domains of the demo's story, and how many people each has. */
const DOMAINS = [
  { domain: 'firma.example', people: 120, quota: 2 ** 31 },
  { domain: 'sklep.firma.example', people: 14, quota: 2 ** 30 },
  { domain: 'szkola.example', people: 86, quota: 2 ** 29 },
  { domain: 'targi.example', people: 20, quota: null },
] as const;

const FIRST = [
  'Anna',
  'Jan',
  'Maria',
  'Piotr',
  'Zofia',
  'Tomasz',
  'Ewa',
  'Paweł',
  'Łucja',
  'Michał',
  'Hanna',
  'Grzegorz',
  'Irena',
  'Krzysztof',
  'Żaneta',
  'Adam',
  'Olga',
  'Marek',
  'Julia',
  'Stanisław',
];
const LAST = [
  'Nowak',
  'Kowalska',
  'Wiśniewski',
  'Wójcik',
  'Kamińska',
  'Zieliński',
  'Szymańska',
  'Woźniak',
  'Dąbrowski',
  'Kozłowska',
  'Jankowski',
  'Mazur',
  'Krawczyk',
  'Piotrowska',
  'Grabowski',
  'Nowicka',
  'Pawłowski',
  'Michalska',
  'Król',
  'Wieczorek',
];
const FREE = { login: false, sending: false, receiving: false };

/** Addresses that the demo's queue knows, and what they are for. */
const KNOWN: readonly [string, string][] = [
  ['anna@firma.example', 'Anna Nowak'],
  ['biuro@firma.example', 'Biuro'],
  ['j.thompson@firma.example', 'James Thompson'],
  ['sklep@firma.example', 'Sklep'],
  ['sekretariat@szkola.example', 'Sekretariat'],
  ['newsletter@targi.example', 'Newsletter'],
];

const plain = (word: string): string =>
  word
    .toLowerCase()
    .replaceAll('ł', 'l')
    .normalize('NFD')
    .replaceAll(/[^a-z]/g, '');

/** The directory as it is made: the same on every computer. */
export function seedEntries(): Map<string, Value> {
  const entries = new Map<string, Value>();
  const random = randomFrom(20_261_123);
  const add = (address: string, name: string, quota: number | null): void => {
    const share = random() < 0.05 ? 0.9 + random() * 0.15 : random() ** 2 * 0.85;
    const used = Math.floor((quota ?? 2 ** 30) * share);
    const account: DemoAccount = {
      name,
      quota,
      used,
      messages: Math.floor(used / 71_000),
      idle: random() < 0.06 ? null : Math.floor(random() ** 4 * 400),
      blocks: random() < 0.03 ? { ...FREE, login: true } : FREE,
      expires: random() < 0.04 ? pick(random, ['2026-06-30', '2027-06-30', '2027-12-31']) : null,
      secret: '',
      mail: address,
    };
    entries.set(`account:${address}`, { kind: 'account', account });
  };
  for (const { domain, people, quota } of DOMAINS) {
    entries.set(`domain:${domain}`, { kind: 'domain', domain: { aliasOf: null, outgoing: null } });
    for (const [address, name] of KNOWN) if (address.endsWith(`@${domain}`)) add(address, name, quota);
    for (let at = 0; at < people; at += 1) {
      const [first, last] = [pick(random, FIRST), pick(random, LAST)];
      const local = `${plain(first)}.${plain(last)}`;
      const taken = entries.has(`account:${local}@${domain}`);
      add(`${taken ? `${local}${at}` : local}@${domain}`, `${first} ${last}`, quota);
    }
  }
  entries.set('domain:targi2027.example', {
    kind: 'domain',
    domain: { aliasOf: 'targi.example', outgoing: null },
  });
  const alias = (name: string, ...targets: string[]): unknown =>
    entries.set(`alias:${name}`, { kind: 'alias', alias: { targets, enabled: true } });
  alias('postmaster@firma.example', 'biuro@firma.example');
  alias('kontakt@firma.example', 'biuro@firma.example', 'j.thompson@firma.example');
  alias('faktury@sklep.firma.example', 'sklep@firma.example', 'ksiegowosc@biuro-rachunkowe.example');
  alias('dyrekcja@szkola.example', 'sekretariat@szkola.example');
  alias('rodzice@szkola.example', 'rada@szkola.example', 'sekretariat@szkola.example');
  alias('rada@szkola.example', 'rodzice@szkola.example');
  alias('@targi.example', 'newsletter@targi.example');
  alias('dawny@firma.example', 'nikogo-tu-nie-ma@firma.example');
  entries.set('rules:j.thompson@firma.example', {
    kind: 'rules',
    rules: {
      ...NO_SIEVE,
      vacation: {
        subject: 'Out of office',
        text: 'I am back on 1 December. For orders: biuro@firma.example',
        from: '2026-11-20',
        until: '2026-11-30',
        days: 7,
        addresses: [],
      },
    },
  });
  entries.set('server:', { kind: 'server', server: { outgoing: null, expiryJob: false } });
  return entries;
}
